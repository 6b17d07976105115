/* Draws each {% chart %} from the figures beside it, as SVG: <figure data-bv-chart="id of its JSON">.
   Colours are roles of tokens.css, named, not read: the theme and paper change them without drawing again. The table
   that says the same stays on the page, and is folded once the drawing is there. Nothing moves. */
(() => {
  "use strict";

  if (typeof bvCharts === "undefined") return;
  const NBSP = "\u00a0";
  const figure = new Intl.NumberFormat("fr-FR");
  const written = (value) => (value === null ? "" : figure.format(value).replaceAll(/[\s\u202f]/g, NBSP));
  const role = (name) => `var(--bv-${name})`;
  // On these the ink of the page would not be read; those too pale for the page have an edge.
  const DARK = new Set(["reached", "unreachable"]);
  const PALE = new Set(["waiting", "withdrawn"]);

  function axes(data, { rem, font, width }) {
    const text = { color: role("ink"), fontSize: 0.94 * rem, fontFamily: font };
    const names = {
      type: "category",
      data: data.categories,
      inverse: data.horizontal,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: role("line-strong") } },
      axisLabel: { ...text, interval: data.horizontal ? 0 : "auto", hideOverlap: true },
    };
    const values = {
      type: "value",
      minInterval: 1,
      splitNumber: 4,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: !data.stacked || !data.horizontal, lineStyle: { color: role("line") } },
      axisLabel: { ...text, color: role("ink-soft"), show: !(data.stacked && data.horizontal), formatter: written, hideOverlap: true },
    };
    if (data.horizontal) Object.assign(names.axisLabel, { width: Math.min(11 * rem, 0.36 * width), overflow: "truncate" });
    return data.horizontal ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
  }

  function drawn(data, one, rank, { rem, font, width }) {
    const line = data.kind === "line";
    const last = rank === data.series.length - 1;
    const widest = Math.max(...data.series.flatMap((each) => each.values.map((value) => written(value).length)));
    const crowded = !data.horizontal && width / (data.categories.length * (line ? 1 : data.series.length)) < (0.56 * widest + 0.35) * rem;
    const total = data.stacked && data.totals.length;
    const longest = Math.max(...data.categories.map((_, place) => data.series.reduce((sum, each) => sum + (each.values[place] ?? 0), 0)));
    // In a stack, a figure is written only where it has room.
    const fits = (value) => !data.stacked || !data.horizontal || (value / longest) * width * 0.5 > 1.1 * rem * Math.max(2, written(value).length * 0.6);
    return {
      type: data.kind,
      name: one.label,
      data: one.values.map((value) => value || { value, itemStyle: { borderWidth: 0 } }), // nil has no edge
      stack: data.stacked ? "all" : undefined,
      silent: true,
      emphasis: { disabled: true },
      barMaxWidth: 2.2 * rem,
      barGap: "8%",
      color: role(`st-${one.state}`),
      symbol: ["circle", "rect", "triangle", "diamond"][rank % 4],
      symbolSize: 9,
      lineStyle: { width: 3, color: role(`st-${one.state}`), type: rank ? "dashed" : "solid" },
      itemStyle: { color: role(`st-${one.state}`), borderColor: role(PALE.has(one.state) ? "ink-soft" : "surface"), borderWidth: PALE.has(one.state) ? 1 : data.stacked || line ? 1.5 : 0 },
      label: {
        show: data.stacked ? rank === 0 : !crowded,
        position: data.stacked ? (data.horizontal ? "insideLeft" : "inside") : line ? "top" : data.horizontal ? "right" : "top",
        formatter: ({ value }) => (value && fits(value) ? written(value) : ""),
        color: data.stacked ? role(DARK.has(one.state) ? "on-brand" : "ink") : role("ink"),
        fontSize: 0.88 * rem,
        fontFamily: font,
        fontWeight: data.stacked ? 680 : 420,
      },
      ...(total && last
        ? {
            label: {
              show: true,
              position: "right",
              formatter: ({ dataIndex }) => data.totals[dataIndex],
              color: role("ink"),
              fontSize: 0.94 * rem,
              fontFamily: font,
              fontWeight: 680,
            },
          }
        : {}),
    };
  }

  function draw(place) {
    const source = document.getElementById(place.dataset.bvChart);
    const plot = place.querySelector("[data-bv-plot]");
    if (!source || !plot || plot.firstChild) return;
    const data = JSON.parse(source.textContent);
    plot.hidden = false;
    const canvas = document.createElement("div");
    canvas.className = "bv-plot-in";
    canvas.setAttribute("aria-hidden", "true");
    plot.append(canvas);
    const chart = bvCharts.init(canvas, null, { renderer: "svg" });
    const show = () => {
      const size = {
        rem: parseFloat(getComputedStyle(document.documentElement).fontSize),
        font: getComputedStyle(document.body).fontFamily,
        width: plot.clientWidth,
      };
      chart.resize();
      chart.setOption({
        animation: false,
        textStyle: { fontFamily: size.font },
        grid: {
          left: 4,
          top: data.horizontal ? 4 : 1.6 * size.rem,
          right: data.horizontal ? 3.6 * size.rem : 8,
          bottom: 4,
          outerBoundsMode: "same",
          outerBoundsContain: "axisLabel",
        },
        ...axes(data, size),
        series: data.series.map((one, rank) => drawn(data, one, rank, size)),
      });
    };
    new ResizeObserver(show).observe(plot); // shows at once, and again when the page changes its width
    const same = place.querySelector("details.bv-same");
    if (same) same.open = false;
  }

  const drawAll = (root) => {
    for (const place of root.querySelectorAll("[data-bv-chart]")) draw(place);
  };
  // Texts are measured before they are placed: the typeface must be there.
  document.fonts.ready.then(() => drawAll(document));
  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
  // Paper cannot be unfolded.
  addEventListener("beforeprint", () => {
    for (const same of document.querySelectorAll("details.bv-same:not([open])")) {
      same.open = true;
      same.dataset.bvPrinted = "1";
    }
  });
  addEventListener("afterprint", () => {
    for (const same of document.querySelectorAll("details.bv-same[data-bv-printed]")) {
      same.open = false;
      delete same.dataset.bvPrinted;
    }
  });
})();
