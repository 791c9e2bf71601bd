// Fills the map in: the chosen indicator of the chosen scenario, as a value or as a change against the baseline.
(function () {
  "use strict";
  const facts = JSON.parse(document.getElementById("map-data").textContent);
  const drawing = JSON.parse(document.getElementById("map-figure").textContent);
  const map = document.getElementById("map-picture");
  const slider = document.getElementById("map-scenario");
  const chooser = document.getElementById("map-indicator");
  const shows = document.getElementById("map-shows");
  const title = document.getElementById("map-title");
  const STATIONS = 3;

  for (const item of facts.indicators) {
    chooser.add(new Option(item.unit ? item.name + " (" + item.unit + ")" : item.name, item.key));
  }

  function escaped(words) {
    return String(words).replace(/&/g, "&amp;").replace(/</g, "&lt;");
  }

  function figure(value, signed) {
    return (signed && value > 0 ? "+" : "") + String(value).replace("-", "−");
  }

  // One scale for all scenarios of an indicator, so that colours can be compared while the slider moves.
  function limits(tables, change) {
    const all = [];
    for (const table of tables) {
      for (const row of table || []) {
        if (row[0] !== null) { all.push(change ? Math.abs(row[0]) : row[0]); }
      }
    }
    all.sort((a, b) => a - b);
    const high = all.length ? all[Math.floor((all.length - 1) * facts.highest)] || 1 : 1;
    return change ? [-high, high] : [0, high];
  }

  function hover(town, row, unit, change) {
    const lines = ["<b>" + escaped(town.name) + "</b> " + escaped(town.latin) + " · " + escaped(town.county)];
    if (!row || row[0] === null) {
      lines.push(facts.words.none);
    } else {
      lines.push((change ? facts.words.change : facts.words.value) + ": " + figure(row[0], change) + " " + unit);
      if (row[1] !== null) {
        lines.push(facts.words.interval + ": " + figure(row[1], change) + " – " + figure(row[2], change) + " " + unit);
      }
    }
    lines.push(facts.words.people + ": " + town.people.toLocaleString("en"));
    return lines.join("<br>");
  }

  function view() {
    const run = Number(slider.value);
    const item = facts.indicators.find((item) => item.key === chooser.value);
    const change = shows.value === "change";
    const tables = (change ? facts.changes : facts.values)[item.key];
    let rows = tables[run];
    if (change && run === facts.baseline) { rows = facts.townships.map(() => [0, null, null]); }
    const at = facts.townships.map((_, i) => (rows && rows[i][0] !== null ? rows[i][0] : null));
    const words = facts.townships.map((town, i) => hover(town, rows && rows[i], item.unit, change));
    // times have the steps of the pictures, so that a colour means the same minutes everywhere
    const steps = item.lower ? (change ? facts.changes_of_times : facts.times) : null;
    const [low, high] = steps ? [steps.low, steps.high] : limits(tables, change);
    const stops = steps ? steps.stops : change ? facts.changeStops : facts.shareStops;
    return {
      heat: {
        z: [facts.grid.map((line) => line.map((town) => (town < 0 ? null : at[town])))],
        text: [facts.grid.map((line) => line.map((town) => (town < 0 ? "" : words[town])))],
        colorscale: [stops], zmin: low, zmax: high, "colorbar.title.text": item.unit, "colorbar.tickvals": [steps ? steps.ticks : null],
      },
      stations: {
        // a site that the model proposes is on the map only where it is open
        x: [facts.stations.map((station) => (station.symbol[run] ? station.x : null))],
        "marker.symbol": [facts.stations.map((station) => station.symbol[run] || "diamond")],
        "marker.size": [facts.stations.map((station) => (station.symbol[run] === "diamond" ? 8 : 11))],
        text: [facts.stations.map((station) => "<b>" + escaped(station.name) + "</b><br>" + escaped(station.says[run]))],
      },
      title: facts.runs[run] + " · " + facts.words.population + ", " + facts.sizes[run] + " · " + item.name + (change ? " · " + facts.words.change + " (" + facts.runs[facts.baseline] + ")" : ""),
    };
  }

  function update() {
    const now = view();
    title.textContent = now.title;
    slider.setAttribute("aria-valuetext", facts.runs[Number(slider.value)]);
    return Plotly.restyle(map, now.heat, [0]).then(() => Plotly.restyle(map, now.stations, [STATIONS]));
  }

  const settings = { displaylogo: false, responsive: true, scrollZoom: false, modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]] };
  Plotly.newPlot(map, drawing.data, drawing.layout, settings).then(update).then(() => { map.dataset.ready = "yes"; });
  for (const control of [slider, chooser, shows]) { control.addEventListener("input", update); }
  // On paper nothing can be unfolded, and the map has the width of A4 between its margins, not that of the window.
  window.addEventListener("beforeprint", () => {
    Plotly.relayout(map, { autosize: false, width: 700 });
    document.querySelectorAll("details").forEach((item) => { item.dataset.was = item.open ? "open" : ""; item.open = true; });
  });
  window.addEventListener("afterprint", () => {
    Plotly.relayout(map, { autosize: true, width: null });
    document.querySelectorAll("details").forEach((item) => { item.open = item.dataset.was === "open"; });
  });
})();
