// Puts a question together, asks for its answer while it grows, and shows it. Every text goes in as text.
(function () {
  "use strict";
  const facts = JSON.parse(document.getElementById("facts").textContent), words = facts.words, land = facts.map;
  const get = (id) => document.getElementById(id), tab = document.body.dataset.tab, STEP = land.step;
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const make = (name, values, ...inside) => { const item = Object.assign(document.createElement(name), values); item.append(...inside); return item; };
  const MARKS = { station: "■", nest: "✈", team: "●", car: "▲" };
  let places = [], chosen = null, seen = 0, runs = 0, asked = "", busy = false, colours = [], view = null;
  const values = new Map();

  async function post(path, content) {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "X-Tab": tab, "Content-Type": "application/json" }, body: JSON.stringify({ language: facts.language, ...content }) });
      const found = await answer.json();
      if (found.gone) { throw new Error("gone"); }
      if (found.problem) { tell(found.problem); }
      return found;
    } catch { tell(words.gone); return { problem: words.gone, state: "over", lost: true }; }
  }
  const tell = (text) => { if (get("told").textContent !== text) { get("told").textContent = text; } };

  // --- the question ----------------------------------------------------------------------------------------------
  for (const year of facts.years) { get("year").add(new Option(year, year, year === facts.year, year === facts.year)); }
  get("years").value = facts.replications;
  land.towns.forEach((town, i) => { if (town.seat.length) { get("town").add(new Option(land.counties[town.county] + " " + town.name, i)); } });
  for (const one of facts.measures) {
    one.box = make("input", { type: "checkbox", checked: one.on });
    one.told = make("i");
    get("measures").append(make("label", {}, one.box, " " + one.name + " ", one.told));
  }
  get("more").add(new Option("…", ""));
  for (const [main, head] of [[true, words.main_values], [false, words.all_values]]) {
    const group = make("optgroup", { label: head });
    for (const one of facts.values) { if (one.main === main) { group.append(new Option(one.name + (main ? "" : " · " + one.key), one.key)); } }
    get("more").append(group);
  }
  function addValue(key, value) {
    const one = facts.values.find((item) => item.key === key);
    if (!one || values.has(key)) { return; }
    const step = one.whole ? 1 : Math.pow(10, Math.floor(Math.log10((one.high - one.low) / 50)));
    const input = make("input", { type: "range", min: one.low, max: one.high, step: one.whole ? 1 : "any", value: value ?? one.value });
    const shown = make("span"), rounded = () => Number((Math.round(input.value / step) * step).toPrecision(6));
    const read = () => (values.get(key)?.touched ? Math.min(one.high, Math.max(one.low, rounded())) : one.value);
    const show = () => { shown.textContent = read() + " " + one.unit; };
    const gone = make("button", { type: "button", textContent: words.remove, ariaLabel: words.remove + ": " + one.name });
    const row = make("div", { className: "value" }, make("label", {}, make("span", { className: "row" }, one.name, shown), input), gone);
    input.addEventListener("input", () => { values.get(key).touched = true; show(); stale(); });
    gone.addEventListener("click", () => { values.delete(key); row.remove(); stale(); get("more").focus(); });
    values.set(key, { read, row, touched: value !== undefined }); get("values").append(row); show(); stale();
  }
  get("more").addEventListener("change", () => { addValue(get("more").value); get("more").value = ""; });
  function measures() {
    const year = get("year").value, date = get("date");
    date.min = year + "-01-01"; date.max = year + "-12-31"; date.value = date.value && year + date.value.slice(4);
    for (const one of facts.measures) { one.told.textContent = one.since > Number(get("year").value) ? "(" + words.not_yet + ")" : ""; }
  }
  const at = (p) => p.lon.toFixed(land.digits) + "/" + p.lat.toFixed(land.digits);
  const added = (p) => (facts.of_city ? p.name + "@" + at(p) + ":" + p.kind : p.kind + "@" + at(p));
  function question() {
    const found = [...(facts.years.length ? ["scenario=" + get("year").value] : []), "replications=" + get("years").value];
    const list = (key, items) => { if (items.length) { found.push(key + "=" + items.join(",")); } };
    list("add", places.filter((p) => p.kind && !p.gone).map(added));
    list("close", places.filter((p) => !p.kind && p.gone).map((p) => p.name));
    list("move", places.filter((p) => !p.kind && !p.gone && p.moved).map((p) => p.name + "@" + at(p)));
    for (const one of facts.measures) { if (one.box.checked !== one.on) { found.push(one.key + "=" + one.box.checked); } }
    const turned = [...values].filter(([, one]) => one.touched);
    list("alike", turned.map(([key]) => key));
    for (const [key, one] of turned) { found.push(key + "=" + one.read()); }
    return found;
  }
  function load(list) {
    const all = Object.fromEntries(list.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
    const split = (key) => (all[key] ? all[key].split(",") : []), point = (text) => text.split("/").map(Number);
    reset();
    if (all.scenario) { get("year").value = all.scenario; }
    if (all.replications) { get("years").value = all.replications; }
    for (const word of split("add")) {
      const [first, where] = word.split("@"), [place, kind] = facts.of_city ? where.split(":") : [where, first], [lon, lat] = point(place);
      places.push({ kind, name: facts.of_city ? first : words[kind], lon, lat });
    }
    for (const name of split("close")) { places.find((p) => p.name === name).gone = true; }
    for (const word of split("move")) { const [name, where] = word.split("@"), [lon, lat] = point(where); Object.assign(places.find((p) => p.name === name), { lon, lat, moved: true }); }
    for (const one of facts.measures) { one.box.checked = all[one.key] ? all[one.key] === "true" : one.on; }
    for (const key of split("alike")) { addValue(key, all[key]); }
    changed();
  }
  function reset() {
    places = land.stations.map((one) => ({ ...one, home: [one.lon, one.lat] })); chosen = null;
    for (const one of values.values()) { one.row.remove(); }
    values.clear();
  }
  const stale = () => { get("stale").hidden = !asked || asked === question().join("\n"); };

  // --- places on the map -----------------------------------------------------------------------------------------
  const state = (p) => (p.gone ? "closed" : p.kind ? "new" : p.moved ? "moved" : "");
  const called = (p) => p.name + (facts.of_city && p.kind ? ", " + p.kind : "") + (state(p) ? " (" + words[{ closed: "closed", new: "added", moved: "moved" }[state(p)]] + ")" : "");
  function unused() {  // a name that no station has
    for (let n = 1; ; n += 1) { const name = words.new_station + " " + n; if (!places.some((p) => p.name === name)) { return name; } }
  }
  function place(kind, lon, lat) { const one = { kind, name: facts.of_city ? unused() : words[kind], lon, lat }; places.push(one); chosen = one; changed(); focus(one); }
  function drop(p) {
    if (p.kind) { places = places.filter((q) => q !== p); chosen = null; } else { p.gone = true; }
    changed();
  }
  function undo(p) {
    if (p.kind) { drop(p); return; }
    Object.assign(p, { gone: false, moved: false, lon: p.home[0], lat: p.home[1] }); changed();
  }
  function set(p, where) { [p.lon, p.lat] = where; p.moved = true; chosen = p; changed(); }
  function typed(text) {  // longitude and latitude, as a list of them has them
    const found = text.trim().split(/[/,，;\s]+/).map(Number), good = text.trim() && found.length === 2 && found.every(Number.isFinite);
    if (!good) { tell(say(words.no_place, { text, example: land.example })); }
    return good ? found : null;
  }
  function shift(p, dx, dy) { p.lon += dx / land.km[0]; p.lat += dy / land.km[1]; p.moved = true; changed(); focus(p); }
  const focus = (p) => { if (p.button) { p.button.focus(); } };
  function changed() {
    get("sites").replaceChildren(...places.map((p) => {
      const button = make("button", { type: "button", className: state(p), textContent: p.gone ? "×" : (MARKS[p.kind] || MARKS.station), title: called(p), ariaLabel: called(p), ariaPressed: String(p === chosen) });
      p.button = button;
      button.addEventListener("click", () => { chosen = p; for (const q of places) { q.button.ariaPressed = String(q === p); } list(); });
      button.addEventListener("keydown", (event) => {
        const go = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key];
        if (go && !p.gone) { event.preventDefault(); shift(p, ...go); }
        if (event.key === "Delete" && !p.gone) { const next = p.kind ? get("add") : null; drop(p); (next || p.button).focus(); }
      });
      button.addEventListener("pointerdown", (event) => { if (!p.gone) { button.setPointerCapture(event.pointerId); button.from = [event.clientX, event.clientY]; } });
      button.addEventListener("pointermove", (event) => {
        if (button.from && (button.far ||= Math.hypot(event.clientX - button.from[0], event.clientY - button.from[1]) > 4)) {
          const box = get("map").getBoundingClientRect(); [p.lon, p.lat] = degrees(event.clientX - box.left, event.clientY - box.top); put(p);
        }
      });
      button.addEventListener("pointerup", () => { if (button.far) { p.moved = true; chosen = p; changed(); focus(p); } button.from = null; });
      put(p); return button;
    }));
    list(); stale();
  }
  function list() {  // what was changed, and the place that is chosen
    const rows = places.filter((p) => state(p) || p === chosen).map((p) => {
      const where = make("input", { value: at(p), size: 17, autocomplete: "off", disabled: Boolean(p.gone), ariaLabel: words.coordinates + ": " + called(p) });
      where.addEventListener("change", () => { const to = typed(where.value); if (to) { set(p, to); tell(words.ready); focus(p); } else { where.value = at(p); } });
      const undone = make("button", { type: "button", hidden: !state(p), textContent: p.kind ? words.remove : words.back, ariaLabel: (p.kind ? words.remove : words.back) + ": " + called(p) });
      undone.addEventListener("click", () => { undo(p); get("add").focus(); });
      return make("li", {}, make("span", {}, (MARKS[p.kind] || MARKS.station) + " " + called(p) + " ", where), undone);
    });
    get("changes").replaceChildren(...(rows.length ? rows : [make("li", { className: "faint", textContent: words.nothing })]));
  }
  const kind = () => document.querySelector("input[name=tool]:checked").value;
  get("add").addEventListener("click", () => {
    const where = get("typed").value ? typed(get("typed").value) : land.towns[get("town").value].seat;
    if (where) { get("typed").value = ""; place(kind(), ...where); }
  });
  get("typed").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); get("add").click(); } });

  // --- the map: kilometres to pixels -----------------------------------------------------------------------------
  const map = get("map"), pen = map.getContext("2d"), span = (all) => [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const [west, east] = span(land.x), [south, north] = span(land.y);
  const px = (x) => (x - view.x) * view.scale + view.w / 2, py = (y) => view.h / 2 - (y - view.y) * view.scale;
  const degrees = (left, top) => [((left - view.w / 2) / view.scale + view.x) / land.km[0] + land.middle[0], ((view.h / 2 - top) / view.scale + view.y) / land.km[1] + land.middle[1]];
  const kilometres = (p) => [(p.lon - land.middle[0]) * land.km[0], (p.lat - land.middle[1]) * land.km[1]];
  function put(p) { if (!view) { return; } const [x, y] = kilometres(p); p.button.style.left = px(x) + "px"; p.button.style.top = py(y) + "px"; }
  function draw() {
    const w = map.clientWidth, h = map.clientHeight, ratio = window.devicePixelRatio || 1;
    if (!w || !h) { return; }
    const whole = 0.94 * Math.min(w / (east - west), h / (north - south));
    if (!view || view.scale === view.whole) { view = { x: (west + east) / 2, y: (south + north) / 2, scale: whole }; }
    Object.assign(view, { w, h, whole });
    map.width = Math.round(w * ratio); map.height = Math.round(h * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.documentElement), colour = (key) => style.getPropertyValue("--" + key).trim();
    const rgb = (key) => [1, 3, 5].map((k) => parseInt((colour(key) + colour(key).slice(1)).slice(k, k + 2), 16));
    const mix = (a, b, share) => "rgb(" + a.map((low, k) => Math.round(low + (b[k] - low) * share)).join() + ")";
    const [low, dense, sooner, later, pale] = ["land", "dense", "sooner", "later", "pale"].map(rgb);
    const side = land.cell * view.scale * 1.04 + 0.6, most = Math.max(0.5, ...colours.filter(Boolean).map(([d]) => Math.abs(d)));
    const tint = colours.map((one) => (!one ? null : mix(pale, one[0] < 0 ? sooner : later, one[1] ? 0.35 + 0.65 * Math.min(1, Math.abs(one[0]) / most) : 0)));
    const square = (i, size) => pen.fillRect(px(land.x[i]) - size / 2, py(land.y[i]) - size / 2, size, size);
    const byCounty = [];
    land.town.forEach((town, i) => (byCounty[land.towns[town].county] ||= []).push(i));
    for (const cells of byCounty.filter(Boolean)) {  // its cells a little larger first: what stays of that is its border
      pen.fillStyle = colour("border");
      for (const i of cells) { square(i, side + 2); }
      for (const i of cells) { pen.fillStyle = tint[land.town[i]] || mix(low, dense, land.shade[i]); square(i, side); }
    }
    pen.font = '600 14px "Report CJK", system-ui, sans-serif'; pen.textAlign = "center"; pen.lineWidth = 3; pen.strokeStyle = colour("back"); pen.fillStyle = colour("ink");
    const label = (name, x, y) => { pen.strokeText(name, x, y); pen.fillText(name, x, y); };
    const taken = places.map((p) => { const [x, y] = kilometres(p); return [px(x), py(y)]; });
    byCounty.forEach((cells, county) => {
      const mean = (all) => cells.reduce((sum, i) => sum + all[i], 0) / cells.length, x = px(mean(land.x)), y = py(mean(land.y)), name = land.counties[county];
      const half = pen.measureText(name).width / 2 + 14, free = (to) => taken.every(([u, v]) => Math.abs(u - x) > half || Math.abs(v - y - to + 5) > 20);
      if (name) { label(name, x, y + ([0, -24, 24, -48, 48, -72].find(free) ?? 0)); }
    });
    places.forEach((p) => p.button && put(p));
  }
  const nearest = (left, top) => {
    const [lon, lat] = degrees(left, top), [x, y] = kilometres({ lon, lat });
    let best = -1, away = 4;
    land.x.forEach((cell, i) => { const d = (cell - x) ** 2 + (land.y[i] - y) ** 2; if (d < away) { away = d; best = i; } });
    return best;
  };
  let from = null, far = false;
  map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); from = [event.clientX, event.clientY]; far = false; });
  map.addEventListener("pointermove", (event) => {
    if (from && (far ||= Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 5)) {
      view.x -= (event.clientX - from[0]) / view.scale; view.y += (event.clientY - from[1]) / view.scale; from = [event.clientX, event.clientY]; draw();
    } else if (!from) {
      const [lon, lat] = degrees(event.offsetX, event.offsetY), i = nearest(event.offsetX, event.offsetY), town = i < 0 ? -1 : land.town[i], one = colours[town];
      get("town-told").textContent = at({ lon, lat }) + (town < 0 ? "" : " " + land.counties[land.towns[town].county] + " " + land.towns[town].name + (one ? ": " + one[2] + " " + words.minutes + (one[1] ? "" : ", " + words.chance) : ""));
    }
  });
  map.addEventListener("pointerup", (event) => { if (from && !far && nearest(event.offsetX, event.offsetY) >= 0) { const [lon, lat] = degrees(event.offsetX, event.offsetY); place(kind(), lon, lat); } from = null; });
  const zoom = (by) => { view.scale = Math.max(view.whole, Math.min(60 * view.whole, view.scale * by)); draw(); };
  get("in").addEventListener("click", () => zoom(1.5)); get("out").addEventListener("click", () => zoom(1 / 1.5));
  map.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2); }, { passive: false });
  new ResizeObserver(draw).observe(get("stage"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  // --- the answer ------------------------------------------------------------------------------------------------
  function show(answer) {
    const one = answer.headline, sign = one.change.startsWith("−") ? words.head_sooner : words.head_later;
    get("headline").textContent = say(one.same ? words.head_same : one.n < 2 ? words.head_one : one.clear && !one.small ? sign : words.head_chance, one);
    colours = answer.map; get("legend").textContent = words.legend; draw();
    for (const name of ["times", "outcomes", "who"].filter((name) => answer[name])) {
      const body = answer[name].map((row) => {
        const sure = row.same ? words.no_change : !row.judged ? "–" : say(words.of_years, row) + (row.n > 1 ? " · " + (row.clear ? (row.good ? words.best : words.worst) : words.chance) : "");
        const told = [row.name + (row.unit ? " (" + row.unit + ")" : ""), row.before, row.after, row.change, row.low === "–" ? "–" : row.low + " … " + row.high, sure];
        return [told, row.clear && row.judged ? (row.good ? "better" : "worse") : ""];
      });
      get("panel-" + name).replaceChildren(table([words.indicator, words.before, words.after, words.change, words.interval, words.sure], body));
    }
    if (answer.money) { money(answer.money); }
  }
  function table(heads, rows) {  // of texts; a row's last cell has its class
    const body = rows.map(([[first, ...others], look]) => make("tr", {}, make("th", { scope: "row", textContent: first }), ...others.map((text, i) => {
      const cell = make("td", { textContent: text, className: i + 1 === others.length ? look : "" }); cell.dataset.head = heads[i + 1]; return cell;
    })));
    return make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col", textContent: head })))), make("tbody", {}, ...body));
  }
  function money(found) {
    const plain = (rows) => rows.map((row) => [row, ""]), said = (text) => make("p", { className: "faint", textContent: text });
    const bill = found.rows.length ? [table([words.item, words.count, words.a_year, words.range], plain(found.rows))] : [make("p", { textContent: words.money_none })];
    if (found.free.length) { bill.push(make("p", { textContent: say(words.money_free, { names: found.free.join(", ") }) })); }
    get("panel-money").replaceChildren(...bill, table([words.effect, words.change, words.for_one], plain(found.effects)), said(say(words.money_note, found)));
  }
  function watch() {  // in the day's tab: the day that is chosen there, of the answer that is shown
    const where = "day.html?tab=" + tab + "&lang=" + facts.language + "&of=" + runs + "&side=" + get("side").value + "&day=" + get("date").value;
    if (!seen || get("panel-day").hidden || get("player").getAttribute("src") === where) { return; }
    get("day-told").textContent = words.drawing;
    get("player").hidden = get("alone").hidden = false; get("player").src = get("alone").href = where;
  }
  for (const id of ["side", "date"]) { get(id).addEventListener("change", watch); }
  get("player").addEventListener("load", () => { if (!get("player").hidden) { get("day-told").textContent = words.day_note; } });
  function working(yes) { busy = yes; get("run").disabled = yes; get("cancel").disabled = !yes; }
  async function follow() {
    for (;;) {
      const found = await post("state", { seen });
      if (found.lost) { working(false); return; }
      if (found.answer && found.answer.headline) { seen = found.done; show(found.answer); watch(); document.body.dataset.seen = seen; }
      get("progress").value = found.wanted ? found.done / found.wanted : 0;
      const over = found.state === "over";
      if (!found.problem) { tell(found.state === "writing" ? words.writing : say(over ? (found.done < found.wanted ? words.stopped : words.over) : found.done ? words.running : words.starting, found)); }
      get("files").hidden = !(over && found.done); get("packed").hidden = !found.packed;
      if (over) { working(false); return; }
      await new Promise((done) => setTimeout(done, 300));
    }
  }
  async function start(long) {
    if (busy) { return; }
    working(true); tell(words.starting); seen = 0; get("progress").value = 0; get("files").hidden = true;
    const mine = question(), found = await post("start", { words: mine, long });
    if (found.long || found.busy || found.problem) {
      working(false);
      if (found.busy) { tell(say(words.busy, found)); }
      if (found.long) { tell(say(words.long, { minutes: found.long })); if (window.confirm(say(words.long, { minutes: found.long }))) { start(true); } }
      return;
    }
    asked = mine.join("\n"); runs += 1; stale(); follow();
  }
  get("question").addEventListener("submit", (event) => { event.preventDefault(); start(false); });
  get("question").addEventListener("change", stale);
  get("year").addEventListener("change", measures);
  get("cancel").addEventListener("click", () => post("cancel", {}));
  get("save").addEventListener("click", async () => {
    const found = await post("save", { words: question() });
    if (!found.text) { return; }
    document.body.dataset.saved = found.text;
    const link = make("a", { href: URL.createObjectURL(new Blob([found.text], { type: "text/plain" })), download: "what-if.txt" });
    link.click(); URL.revokeObjectURL(link.href);
  });
  get("open").addEventListener("click", () => get("file").click());
  get("file").addEventListener("change", async () => {
    const found = await post("open", { text: await get("file").files[0].text() });
    get("file").value = "";
    if (found.words) { load(found.words); tell(words.ready); }
  });
  get("write").addEventListener("click", async () => { const found = await post("write", {}); if (!found.problem) { working(true); follow(); } });
  get("table").href = "comparison.csv?tab=" + tab; get("packed").href = "what-if.zip?tab=" + tab;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  function turn(to, focused) {
    for (const one of tabs) { const on = one === to; one.ariaSelected = String(on); one.tabIndex = on ? 0 : -1; get(one.getAttribute("aria-controls")).hidden = !on; }
    if (focused) { to.focus(); }
    draw(); watch();
  }
  tabs.forEach((one, i) => {
    one.addEventListener("click", () => turn(one, false));
    one.addEventListener("keydown", (event) => {
      const go = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (go !== undefined) { event.preventDefault(); turn(tabs[(go + tabs.length) % tabs.length], true); }
    });
  });
  setInterval(() => { if (!busy) { post("state", { seen }); } }, 60000);  // a tab that is looked at is not silent
  addEventListener("pagehide", () => { if (busy) { fetch("cancel", { method: "POST", headers: { "X-Tab": tab }, body: "{}", keepalive: true }); } });

  tell(words.ready); reset(); measures(); changed(); draw();
  for (const one of facts.values.filter((item) => item.main).slice(0, 3)) { addValue(one.key); }
  document.body.dataset.ready = "yes";
})();
