// Writes two files of bienveille/register/housing/data. communes.tsv.gz: every commune of France with its département, EPCI
// and postal codes, and the arrondissements of Paris, Lyon and Marseille with their commune; epci.tsv.gz: what each EPCI is
// called. `--check` only compares.
// Facts from @etalab/decoupage-administratif (INSEE, DGCL, La Poste; Licence Ouverte 2.0): update the package, run
// `npm ci && node territory.mjs`, commit the file. One line per commune: code, name, département, EPCI, parent, codes.

import { mkdirSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "node_modules/@etalab/decoupage-administratif");
const folder = join(here, "../src/bienveille/register/housing/data");
if (!existsSync(source)) {
  console.error("Run `npm ci` in frontend/ first.");
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(join(source, name), "utf8"));

const groupings = new Map();
for (const grouping of read("data/epci.json")) for (const member of grouping.membres) groupings.set(member.code, grouping.code);

const lines = read("data/communes.json")
  .filter(({ type, zone }) => type === "arrondissement-municipal" || (type === "commune-actuelle" && zone !== undefined))
  .map(({ code, nom, departement, collectivite, commune = "", codesPostaux = [] }) =>
    [code, nom, departement ?? collectivite, groupings.get(commune || code) ?? "", commune, codesPostaux.join(",")].join("\t"),
  )
  .sort((a, b) => (a < b ? -1 : 1));

const named = read("data/epci.json")
  .map(({ code, nom }) => [code, nom].join("\t"))
  .sort((a, b) => (a < b ? -1 : 1));

const version = read("package.json").version;
let different = 0;
for (const [name, rows] of [["communes", lines], ["epci", named]]) {
  const target = join(folder, `${name}.tsv.gz`);
  const text = `${version}\t${rows.length}\n${rows.join("\n")}\n`;
  if (existsSync(target) && gunzipSync(readFileSync(target)).toString("utf8") === text) continue;
  different += 1;
  console.log(`${process.argv.includes("--check") ? "differs" : "written"}: ${name}.tsv.gz`);
  if (process.argv.includes("--check")) continue;
  mkdirSync(folder, { recursive: true });
  writeFileSync(target, gzipSync(text, { level: 9 }));
}
process.exit(process.argv.includes("--check") && different ? 1 : 0);
