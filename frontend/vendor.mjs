// Copies a whitelist of third-party assets from node_modules into the repository; builds the icon sprite and the charts.
// `node vendor.mjs` writes; `node vendor.mjs --check` only compares, and fails when a committed file differs.
// The MANIFEST.json it writes lets the Python tests check the same files on a machine without Node.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const modules = join(here, "node_modules");
const vendor = "src/bienveille/ground/ui/static/vendor";
const font = "@fontsource-variable/atkinson-hyperlegible-next";

// A source map comment would make the hashed-file storage look for a file we do not ship.
const withoutSourceMap = (bytes) =>
  Buffer.from(bytes.toString("utf8").replace(/\/[*/]# sourceMappingURL=\S+(?: \*\/)?\s*$/, ""));

// Leaflet's own pictures are for pieces that we do not use; its marks are ours.
const withoutPictures = (bytes) => Buffer.from(bytes.toString("utf8").replace(/\t(?:background-image|behavior): url\([^)]*\);\r?\n/g, ""));

const files = [
  ["bootstrap", "dist/css/bootstrap.min.css", `${vendor}/bootstrap/bootstrap.min.css`, "MIT", withoutSourceMap],
  ["bootstrap", "LICENSE", `${vendor}/bootstrap/LICENSE.txt`, "MIT"],
  ["htmx.org", "dist/htmx.min.js", `${vendor}/htmx/htmx.min.js`, "0BSD", withoutSourceMap],
  ["htmx.org", "LICENSE", `${vendor}/htmx/LICENSE.txt`, "0BSD"],
  [font, "files/atkinson-hyperlegible-next-latin-wght-normal.woff2", `${vendor}/fonts/atkinson-latin.woff2`, "OFL-1.1"],
  [font, "files/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2", `${vendor}/fonts/atkinson-latin-ext.woff2`, "OFL-1.1"],
  [font, "LICENSE", `${vendor}/fonts/LICENSE-OFL.txt`, "OFL-1.1"],
  ["bootstrap-icons", "LICENSE", `${vendor}/icons/LICENSE.txt`, "MIT"],
  ["echarts", "LICENSE", `${vendor}/echarts/LICENSE.txt`, "Apache-2.0"],
  ["echarts", "NOTICE", `${vendor}/echarts/NOTICE.txt`, "Apache-2.0"],
  ["zrender", "LICENSE", `${vendor}/echarts/LICENSE-zrender.txt`, "BSD-3-Clause"],
  ["leaflet", "dist/leaflet.js", `${vendor}/leaflet/leaflet.js`, "BSD-2-Clause", withoutSourceMap],
  ["leaflet", "dist/leaflet.css", `${vendor}/leaflet/leaflet.css`, "BSD-2-Clause", withoutPictures],
  ["leaflet", "LICENSE", `${vendor}/leaflet/LICENSE.txt`, "BSD-2-Clause"],
  ["axe-core", "axe.min.js", "tests/browser/vendor/axe.min.js", "MPL-2.0", withoutSourceMap],
  ["axe-core", "LICENSE", "tests/browser/vendor/LICENSE.txt", "MPL-2.0"],
];

const versionOf = (name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function symbol(id, svg) {
  const viewBox = svg.match(/viewBox="([^"]+)"/)[1];
  const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>[\s\S]*$/, "");
  return `<symbol id="${id}" viewBox="${viewBox}">${shapes.replace(/\s*\n\s*/g, "")}</symbol>`;
}

function sprite() {
  const borrowed = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean);
  const own = readdirSync(join(here, "grades")).sort();
  return Buffer.from(
    [
      '<svg xmlns="http://www.w3.org/2000/svg">',
      "<!-- grade-*: ours. All others: subset of Bootstrap Icons, MIT, Copyright (c) 2019-2024 The Bootstrap Authors. -->",
      ...own.map((name) => symbol(`grade-${name.replace(".svg", "")}`, readFileSync(join(here, "grades", name), "utf8"))),
      ...borrowed.map((name) => symbol(name, readFileSync(join(modules, "bootstrap-icons/icons", `${name}.svg`), "utf8"))),
      "</svg>",
      "",
    ].join("\n"),
  );
}

// Only the charts that we draw, half of the whole library. The same sources and the same tool give the same bytes.
function charts() {
  const esbuild = createRequire(import.meta.url)("esbuild");
  const built = esbuild.buildSync({
    absWorkingDir: here,
    entryPoints: ["charts.mjs"],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "bvCharts",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    banner: { js: `/*! Apache ECharts ${versionOf("echarts")}, Apache-2.0; zrender ${versionOf("zrender")}, BSD-3-Clause: custom build. */` },
  });
  return Buffer.from(built.outputFiles[0].contents);
}

function wanted() {
  const out = new Map();
  const manifest = {};
  for (const [name, source, target, licence, change] of files) {
    const read = readFileSync(join(modules, name, source));
    const bytes = change ? change(read) : read;
    out.set(target, bytes);
    manifest[target] = { package: name, version: versionOf(name), licence, sha256: sha256(bytes) };
  }
  const icons = sprite();
  const target = "src/bienveille/ground/ui/static/ui/icons.svg";
  out.set(target, icons);
  manifest[target] = { package: "bootstrap-icons", version: versionOf("bootstrap-icons"), licence: "MIT", sha256: sha256(icons) };
  const drawing = charts();
  const bundle = `${vendor}/echarts/charts.min.js`;
  out.set(bundle, drawing);
  manifest[bundle] = { package: "echarts", version: versionOf("echarts"), licence: "Apache-2.0", sha256: sha256(drawing) };
  out.set(`${vendor}/MANIFEST.json`, Buffer.from(JSON.stringify(manifest, null, 2) + "\n"));
  return out;
}

if (!existsSync(modules)) {
  console.error("Run `npm ci` in frontend/ first.");
  process.exit(2);
}
const check = process.argv.includes("--check");
const different = [];
for (const [target, bytes] of wanted()) {
  const path = join(root, target);
  if (existsSync(path) && readFileSync(path).equals(bytes)) continue;
  different.push(relative(root, path));
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
for (const name of different) console.log(`${check ? "differs" : "written"}: ${name}`);
process.exit(check && different.length ? 1 : 0);
