/* One helper draws every chart: figures come as JSON beside it, colours from the page's tokens, and a table says the same. */
(() => {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const drawn = new Map();
  const libraries = {};
  const FEW = 6;

  function options(figures) {
    const ink = token("--crm-ink-muted");
    const line = token("--crm-line");
    const locale = document.documentElement.lang;
    const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
    const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    const full = figures.money
      ? new Intl.NumberFormat(locale, { style: "currency", currency: figures.money, currencyDisplay: "narrowSymbol" })
      : number;
    return {
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      animationDuration: 250,
      color: [1, 2, 3, 4, 5, 6].map((each) => token(`--crm-series-${each}`)),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 4, right: 8, top: figures.series.length > 1 ? 36 : 12, bottom: 4, containLabel: true },
      legend: { show: figures.series.length > 1, top: 0, left: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: ink } },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        axisPointer: { type: figures.kind === "line" ? "line" : "shadow" },
        backgroundColor: token("--crm-surface"),
        borderColor: line,
        textStyle: { color: token("--crm-ink"), fontSize: 12 },
        valueFormatter: (value) => (value === null || value === undefined ? "–" : full.format(value)),
      },
      xAxis: {
        type: "category",
        data: figures.labels,
        /* A few categories are all named; of many, those that there is room for. */
        axisLabel: figures.labels.length <= FEW ? { color: ink, interval: 0, overflow: "break", width: 72 } : { color: ink, hideOverlap: true },
        axisLine: { lineStyle: { color: line } },
        axisTick: { show: false },
      },
      yAxis: {
        type: "value",
        max: figures.most,
        splitNumber: 4,
        axisLabel: { color: ink, formatter: (value) => short.format(value) },
        splitLine: { lineStyle: { color: line } },
      },
      series: figures.series.map((series) => ({
        name: series.name,
        type: figures.kind ?? "bar",
        stack: figures.stacked ? "all" : undefined,
        data: series.values.map((value) => (value === null ? null : Number(value))),
        barMaxWidth: 26,
        itemStyle: figures.kind === "line" || figures.stacked ? {} : { borderRadius: [3, 3, 0, 0] },
        symbolSize: 5,
        showSymbol: figures.labels.length <= 36,
        lineStyle: { width: 2 },
      })),
    };
  }

  function loaded(url) {
    libraries[url] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url;
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return libraries[url];
  }

  async function draw(figure) {
    const source = document.getElementById(figure.dataset.chart);
    const canvas = figure.querySelector(".chart-canvas");
    await loaded(figure.dataset.library);
    const figures = JSON.parse(source.textContent);
    const chart = drawn.get(canvas) ?? window.echarts.init(canvas, null, { renderer: "canvas" });
    chart.setOption(options(figures), true);
    drawn.set(canvas, chart);
  }

  /* The library is heavier than the page: it comes when somebody is about to see a chart. Where it does not come, the table is there. */
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target).catch(() => { entry.target.querySelector(".chart-canvas").hidden = true; });
    }
  }, { rootMargin: "200px" });

  function watch(root) {
    for (const figure of root.querySelectorAll("[data-chart]")) {
      figure.querySelector(".chart-canvas").hidden = false;
      seen.observe(figure);
    }
  }
  document.addEventListener("DOMContentLoaded", () => watch(document));
  /* With a part of a page this script comes when the page stands already. */
  if (document.readyState !== "loading") watch(document);
  document.addEventListener("htmx:load", (event) => watch(event.detail.elt));
  document.addEventListener("crm:theme", () => {
    for (const canvas of drawn.keys()) if (canvas.isConnected) draw(canvas.closest("[data-chart]"));
  });
  window.addEventListener("resize", () => {
    for (const [canvas, chart] of drawn) {
      if (canvas.isConnected) chart.resize();
      else {
        chart.dispose();
        drawn.delete(canvas);
      }
    }
  });
})();
