// What our charts need of ECharts and nothing more: bars and lines, drawn as SVG. Bundled by vendor.mjs.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, SVGRenderer]);

export { init };
