// Plays a day: each unit's place at a time is looked up in its legs by halving, so every frame stands by itself.
(function () {
  "use strict";
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const words = facts.words, DAY = 86400, [TURNOUT, ROAD, SCENE, HOME] = [0, 1, 2, 3];
  const SPEEDS = [1, 10, 60, 120, 300, 900, 1800], FADE = 300, MOST_LISTED = 80, MOST_NAMED = 12;
  const get = (id) => document.getElementById(id);
  const map = get("map"), pen = map.getContext("2d"), slider = get("time"), curve = get("curve");
  const land = document.createElement("canvas");
  let time = 0, playing = false, chosen = -1, last = 0, colours = {}, view = null, dirty = true, panels = 0;

  for (const speed of SPEEDS) { get("speed").add(new Option("×" + speed, speed, speed === 300, speed === 300)); }
  const units = facts.units, incidents = facts.incidents;
  const mine = incidents.map(() => []);
  units.forEach((unit, i) => unit.legs.forEach((leg) => { if (!mine[leg[7]].includes(i)) { mine[leg[7]].push(i); } }));
  for (const [i, one] of incidents.entries()) {
    one.closed = one.call + (one.times.closed_s ?? 10 * DAY);
    one.first = one.call + (one.times.first_arrival_s ?? 10 * DAY);
    one.row = i;
  }

  function at(unit, t) {  // [x, y, what it does, incident], null while it is ready
    const legs = unit.legs;
    let low = 0, high = legs.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (legs[mid][0] <= t) { low = mid; } else { high = mid - 1; }
    }
    const [begin, end, x0, y0, x1, y1, doing, incident] = legs[low];
    if (t < begin || t >= end) { return null; }
    const share = (t - begin) / (end - begin);
    return [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, doing, incident, x0, y0];
  }

  const clock = (t) => {
    const s = Math.floor(((t % DAY) + DAY) % DAY), two = (n) => String(n).padStart(2, "0");
    return two(Math.floor(s / 3600)) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
  };
  const span = (seconds) => {
    const s = Math.round(Math.abs(seconds)), two = (n) => String(n).padStart(2, "0"), sign = seconds < 0 && s ? "−" : "";
    return sign + (s >= 3600 ? Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) : Math.floor(s / 60)) + ":" + two(s % 60);
  };
  const state = (one) => (time >= one.closed ? "over" : time >= one.first ? "works" : "waits");
  const open = () => incidents.filter((one) => one.call <= time && time < one.closed);
  const name = (one) => facts.types[one.type] || one.type;

  // --- the map: metres to pixels, panned and zoomed -------------------------------------------------------------
  const box = (() => {
    const { x, y, size } = facts.map, half = size / 2;
    const low = (all) => all.reduce((a, b) => Math.min(a, b), Infinity), high = (all) => all.reduce((a, b) => Math.max(a, b), -Infinity);
    return [low(x) - half, high(x) + half, low(y) - half, high(y) + half];
  })();
  const byCounty = [];
  facts.map.county.forEach((county, i) => (byCounty[county] ||= []).push(i));
  const px = (x) => (x - view.x) * view.scale + view.w / 2;
  const py = (y) => view.h / 2 - (y - view.y) * view.scale;

  function measure() {
    const ratio = window.devicePixelRatio || 1, w = map.clientWidth, h = map.clientHeight;
    for (const item of [map, land]) { item.width = Math.round(w * ratio); item.height = Math.round(h * ratio); }
    curve.width = Math.round(curve.clientWidth * ratio); curve.height = Math.round(curve.clientHeight * ratio);
    const whole = 0.95 * Math.min(w / (box[1] - box[0]), h / (box[3] - box[2]));
    if (!view || view.scale === view.whole) { view = { x: (box[0] + box[1]) / 2, y: (box[2] + box[3]) / 2, scale: whole }; }
    Object.assign(view, { w, h, ratio, whole });
    const style = getComputedStyle(document.documentElement);
    for (const key of ["ink", "faint", "line", "back", "panel", "land", "dense", "border", "waits", "works", "over", "blue", "ring"]) {
      colours[key] = style.getPropertyValue("--" + key).trim();
    }
    drawLand(); drawCurve(); dirty = true;
  }

  function text(on, words, x, y, size, weight) {
    on.font = (weight || 400) + " " + size + 'px "Report CJK", system-ui, sans-serif';
    on.textAlign = "center"; on.lineWidth = 3; on.strokeStyle = colours.back; on.fillStyle = colours.ink;
    on.strokeText(words, x, y); on.fillText(words, x, y);
  }

  function drawLand() {
    const on = land.getContext("2d"), all = facts.map, side = all.size * view.scale * 1.04 + 0.6;
    on.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    on.clearRect(0, 0, view.w, view.h);
    const ends = [colours.land, colours.dense].map((colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)));
    const square = (i, side) => on.fillRect(px(all.x[i]) - side / 2, py(all.y[i]) - side / 2, side, side);
    for (const cells of byCounty.filter(Boolean)) {  // its cells a little larger first: what stays of that is its border
      on.fillStyle = colours.border;
      for (const i of cells) { square(i, side + 2); }
      for (const i of cells) {
        on.fillStyle = "rgb(" + ends[0].map((low, k) => Math.round(low + (ends[1][k] - low) * all.shade[i])).join() + ")";
        square(i, side);
      }
    }
    const taken = [];
    const label = (place, size, weight) => {  // false where another name stands
      on.font = weight + " " + size + 'px "Report CJK", system-ui, sans-serif';
      const half = on.measureText(place.name).width / 2 + 3, x = px(place.x), y = py(place.y) - 12;
      if (taken.some((o) => Math.abs(o.x - x) < o.half + half && Math.abs(o.y - y) < size + 3)) { return false; }
      if (x < half || x > view.w - half || y < size || y > view.h) { return true; }
      taken.push({ x, y, half }); text(on, place.name, x, y, size, weight);
      return true;
    };
    for (const { name, x, y, middle } of all.counties) {
      [[x, y, 0], [...middle, 0], [...middle, 24], [...middle, -24]].some((at) => label({ name, x: at[0], y: at[1] + at[2] / view.scale }, 14, 600));
    }
    if (view.scale > 2.2 * view.whole) { for (const town of all.towns) { label(town, 11.5, 400); } }
  }

  function mark(x, y, part, size, fill, ring) {
    pen.beginPath();
    if (part === "fire") { pen.arc(x, y, size, 0, 7); }
    else if (part === "rescue") { pen.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8); }
    else { pen.moveTo(x, y - size * 1.2); pen.lineTo(x + size * 1.2, y); pen.lineTo(x, y + size * 1.2); pen.lineTo(x - size * 1.2, y); pen.closePath(); }
    pen.fillStyle = fill; pen.fill(); pen.strokeStyle = ring; pen.lineWidth = 1.5; pen.stroke();
  }

  function draw() {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, map.width, map.height);
    pen.drawImage(land, 0, 0);
    pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    const places = units.map((unit) => at(unit, time)), away = new Map();
    units.forEach((unit, i) => { if (places[i] && unit.engine) { away.set(unit.station, (away.get(unit.station) || 0) + 1); } });
    const bare = new Set();
    for (const home of facts.stations) {
      const x = px(home.x), y = py(home.y), big = home.tier === "professional" ? 6 : 4;
      const empty = home.engines > 0 && (away.get(home.name) || 0) >= home.engines;
      if (empty) { bare.add(home.name); }
      pen.beginPath(); pen.moveTo(x, y - big); pen.lineTo(x + big, y + big * 0.8); pen.lineTo(x - big, y + big * 0.8); pen.closePath();
      pen.fillStyle = empty ? colours.ring : facts.tiers[home.tier].colour; pen.globalAlpha = home.engines ? 1 : 0.45;
      pen.fill(); pen.strokeStyle = empty ? colours.waits : colours.ring; pen.lineWidth = empty ? 2 : 1; pen.stroke();
      pen.globalAlpha = 1;
    }
    for (const one of incidents) {
      if (time < one.call || time >= one.closed + FADE) { continue; }
      const x = px(one.x), y = py(one.y), now = state(one), size = 5 + 2 * one.severity;
      pen.globalAlpha = now === "over" ? Math.max(0, 1 - (time - one.closed) / FADE) : 1;
      if (now === "waits") {  // nobody is there yet: rings go out from it
        pen.beginPath(); pen.arc(x, y, size + 3 + ((time / 12) % 12), 0, 7); pen.strokeStyle = colours.waits; pen.lineWidth = 1.5; pen.stroke();
      }
      mark(x, y, one.part, size, colours[now], one.row === chosen ? colours.ink : colours.back);
      if (one.row === chosen) { pen.beginPath(); pen.arc(x, y, size + 6, 0, 7); pen.strokeStyle = colours.ink; pen.lineWidth = 2; pen.stroke(); }
      pen.globalAlpha = 1;
    }
    const there = new Map();
    units.forEach((unit, i) => {
      const place = places[i];
      if (!place) { return; }
      let x = px(place[0]), y = py(place[1]);
      const colour = facts.tiers[unit.tier].colour, of = place[3] === chosen;
      if (place[2] === SCENE) {  // side by side around the incident
        const k = there.get(place[3]) || 0, ring = 15 + 8 * Math.floor(k / 10);
        there.set(place[3], k + 1);
        x += ring * Math.cos(k * 0.628 - 1.57); y += ring * Math.sin(k * 0.628 - 1.57);
      } else if (place[2] === ROAD) {
        pen.beginPath(); pen.moveTo(px(place[4]), py(place[5])); pen.lineTo(x, y);
        pen.strokeStyle = colour; pen.globalAlpha = of ? 0.9 : 0.45; pen.lineWidth = of ? 2.5 : 1.5; pen.stroke(); pen.globalAlpha = 1;
      } else if (place[2] === TURNOUT) { y -= 9; }
      pen.beginPath(); pen.arc(x, y, of ? 5 : 4, 0, 7);
      pen.fillStyle = place[2] === HOME ? colours.ring : colour; pen.fill();
      pen.strokeStyle = place[2] === HOME ? colour : colours.ring; pen.lineWidth = place[2] === HOME ? 2 : 1.2; pen.stroke();
    });
    return [places, bare];
  }

  // --- numbers, list, one incident -------------------------------------------------------------------------------
  function element(tag, className, content) {
    const item = document.createElement(tag);
    if (className) { item.className = className; }
    if (content !== undefined) { item.textContent = content; }
    return item;
  }

  function numbers(places, bare, opened) {
    const doing = (what) => places.filter((place) => place && what.includes(place[2])).length;
    const rings = incidents.filter((one) => one.call <= time && time < one.call + (one.times.answered_s ?? 0)).length;
    const taken = incidents.filter((one) => one.call + (one.times.answered_s ?? 0) <= time && time < one.call + (one.times.dispatched_s ?? 0)).length;
    const waits = facts.waits.filter((wait) => wait[0] <= time && time < wait[1]).length;
    const shown = [
      [doing([0, 1, 2, 3]), words.units_out], [doing([ROAD]), words.on_the_way], [doing([SCENE]), words.at_scene], [opened.length, words.incidents],
      [rings, words.ringing, rings], [taken, words.taken], [waits, words.needs, waits], [bare.size, words.bare, bare.size],
    ];
    get("bare").textContent = bare.size ? words.bare + ": " + [...bare].slice(0, MOST_NAMED).join(", ") + (bare.size > MOST_NAMED ? ", …" : "") : "";
    get("numbers").replaceChildren(...shown.map(([value, told, bad]) => {
      const item = element("div", bad ? "number bad" : "number");
      item.append(element("b", "", value), element("span", "", told));
      return item;
    }));
  }

  function list(opened) {
    get("open-count").textContent = "(" + opened.length + ")";
    const items = opened.slice(-MOST_LISTED).reverse().map((one) => {
      const item = element("button"), now = state(one);
      item.type = "button"; item.setAttribute("aria-pressed", one.row === chosen);
      item.dataset.row = one.row;
      item.append(element("i", "", clock(one.call).slice(0, 5)), element("span", "", name(one) + " · " + one.place), element("span", "state " + now, words[now]));
      return item;
    });
    const key = items.map((item) => item.textContent + item.getAttribute("aria-pressed")).join();
    if (get("list").dataset.key !== key) {
      const focused = document.activeElement && document.activeElement.dataset.row;
      get("list").replaceChildren(...(items.length ? items : [element("p", "faint", words.none)]));
      get("list").dataset.key = key;
      if (focused) { get("list").querySelector('[data-row="' + focused + '"]')?.focus(); }
    }
  }

  function story() {
    if (chosen < 0) { return; }
    const one = incidents[chosen], since = time - one.call, box = get("story");
    if (box.dataset.of !== String(chosen)) {
      box.dataset.of = chosen;
      const head = element("p", "", name(one) + " · " + one.place + " · " + (facts.settings[one.setting] || one.setting));
      const facing = element("p", "faint", words.number.replace("{number}", one.number).replace("{severity}", one.severity).replace("{reported}", one.reported));
      const steps = [[0, words.call], ...facts.milestones.filter(([key]) => key in one.times).map(([key, told]) => [one.times[key], told])];
      steps.sort((a, b) => a[0] - b[0]);
      const table = element("dl");
      for (const [seconds, told] of steps) {
        for (const [tag, className, content] of [["dt", "", span(seconds)], ["dd", "faint", clock(one.call + seconds)], ["dd", "", told]]) {
          const cell = element(tag, className, content);
          cell.dataset.at = seconds; table.append(cell);
        }
      }
      const counted = Object.entries(one.counts).map(([key, count]) => words[key] + ": " + count).join(" · ");
      box.replaceChildren(head, facing, table, ...(counted ? [element("p", "faint", counted)] : []));
      const legs = mine[chosen].map((i) => [units[i], units[i].legs.filter((leg) => leg[7] === chosen)]);
      const ends = legs.map(([, own]) => Math.min(own[own.length - 1][1], 3 * DAY)), whole = Math.max(60, ...ends.map((end) => end - one.call));
      box.dataset.whole = whole;
      for (const [unit, own] of legs) {
        box.append(element("div", "unit", unit.name + " · " + facts.tiers[unit.tier].name));
        const bar = element("div", "bar");
        for (const leg of own) {
          const part = element("span"), low = Math.max(0, leg[0] - one.call);
          part.style.left = (100 * low / whole) + "%"; part.style.width = (100 * Math.max(0, leg[1] - one.call - low) / whole) + "%";
          part.style.background = facts.tiers[unit.tier].colour; part.style.opacity = [0.3, 0.6, 1, 0.2][leg[6]];
          part.title = [words.turnout, words.on_the_way, words.at_scene, words.returning][leg[6]] + " " + span(leg[0] - one.call) + "–" + span(leg[1] - one.call);
          bar.append(part);
        }
        bar.append(element("span", "now")); box.append(bar);
      }
      if (!legs.length) { box.append(element("p", "faint", words.nobody)); }
    }
    const share = Math.min(Math.max(since / Number(box.dataset.whole), 0), 1);
    box.querySelectorAll(".now").forEach((line) => { line.style.left = "calc(" + 100 * share + "% - 1px)"; });
    box.querySelectorAll("[data-at]").forEach((cell) => { cell.classList.toggle("later", Number(cell.dataset.at) > since); });
  }

  function drawCurve() {
    const on = curve.getContext("2d"), w = curve.width, h = curve.height, out = facts.out, most = Math.max(1, ...out);
    on.clearRect(0, 0, w, h);
    on.fillStyle = colours.waits; on.globalAlpha = 0.16; on.fillRect(w * facts.worst / DAY, 0, w / 24, h); on.globalAlpha = 1;
    on.beginPath(); on.moveTo(0, h);
    out.forEach((count, i) => on.lineTo(w * i / (out.length - 1), h - 0.92 * h * count / most));
    on.lineTo(w, h); on.closePath(); on.fillStyle = colours.dense; on.fill();
  }

  function looks() {
    const box = get("looks"), svg = (shape) => '<svg viewBox="0 0 16 16" aria-hidden="true">' + shape + "</svg>";
    const dot = (fill, line) => svg('<circle cx="8" cy="8" r="5" fill="' + fill + '" stroke="' + line + '" stroke-width="2"/>');
    const used = new Set([...units.map((unit) => unit.tier), "professional", "township"]);
    const items = Object.entries(facts.tiers).filter(([key]) => used.has(key)).map(([, tier]) => [dot(tier.colour, "var(--ring)"), tier.name]);
    items.push([dot("var(--ring)", "currentColor"), words.returning],
      [svg('<path d="M8 3L14 13H2Z" fill="currentColor"/>'), words.station],
      [svg('<path d="M8 3L14 13H2Z" fill="none" stroke="var(--waits)" stroke-width="2"/>'), words.bare],
      [svg('<circle cx="8" cy="8" r="6" fill="var(--faint)"/>'), words.fire],
      [svg('<rect x="3" y="3" width="10" height="10" fill="var(--faint)"/>'), words.rescue],
      [svg('<path d="M8 1L15 8L8 15L1 8Z" fill="var(--faint)"/>'), words.other],
      ...["waits", "works", "over"].map((now) => [svg('<circle cx="8" cy="8" r="6" fill="var(--' + now + ')"/>'), words[now]]));
    for (const [shape, told] of items) {
      const item = element("span");
      item.innerHTML = shape; item.append(told); box.append(item);
    }
  }

  // --- time -------------------------------------------------------------------------------------------------------
  function frame(now) {
    if (playing) {
      time += Math.min(now - last, 250) / 1000 * Number(get("speed").value);
      if (time >= DAY - 1) { time = DAY - 1; play(false); }
      dirty = true;
    }
    last = now;
    if (dirty) {
      dirty = false;
      const [places, bare] = draw();
      get("clock").textContent = clock(time);
      if (playing) { slider.value = Math.floor(time); }
      slider.setAttribute("aria-valuetext", clock(time));
      if (!playing || now - panels > 150) {  // words need no sixty changes a second
        panels = now;
        const opened = open();
        numbers(places, bare, opened); list(opened); story();
      }
    }
    window.requestAnimationFrame(frame);
  }

  function play(on) {
    playing = on;
    get("play").textContent = on ? "⏸ " + words.pause : "▶ " + words.play;
    get("play").setAttribute("aria-pressed", on);
    dirty = true;
  }

  function seek(t) {
    time = Math.min(Math.max(t, 0), DAY - 1); slider.value = Math.floor(time); dirty = true;
  }

  function choose(row) { chosen = row; dirty = true; }

  function zoom(by, x, y) {
    const scale = Math.min(Math.max(view.scale * by, view.whole), 60 * view.whole), held = [(x - view.w / 2) / view.scale, (view.h / 2 - y) / view.scale];
    view.x += held[0] - held[0] * view.scale / scale; view.y += held[1] - held[1] * view.scale / scale;
    view.scale = scale; drawLand(); dirty = true;
  }

  function nearest(x, y) {
    let best = -1, least = 18;
    for (const one of incidents) {
      const away = Math.hypot(px(one.x) - x, py(one.y) - y);
      if (one.call <= time && time < one.closed + FADE && away < least) { best = one.row; least = away; }
    }
    return best;
  }

  // --- hands ------------------------------------------------------------------------------------------------------
  get("play").addEventListener("click", () => { if (time >= DAY - 1) { seek(0); } play(!playing); });
  get("worst").addEventListener("click", () => seek(facts.worst));
  slider.addEventListener("input", () => seek(Number(slider.value)));
  get("list").addEventListener("click", (event) => { const item = event.target.closest("[data-row]"); if (item) { choose(Number(item.dataset.row)); } });
  get("in").addEventListener("click", () => zoom(1.6, view.w / 2, view.h / 2));
  get("outwards").addEventListener("click", () => zoom(1 / 1.6, view.w / 2, view.h / 2));
  map.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY); }, { passive: false });
  const fingers = new Map();
  let moved = 0;
  map.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, [event.offsetX, event.offsetY]); moved = 0; map.setPointerCapture(event.pointerId); });
  map.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) { return; }
    const here = [event.offsetX, event.offsetY], other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    moved += Math.hypot(here[0] - before[0], here[1] - before[1]);
    if (other) { zoom(Math.hypot(here[0] - other[0], here[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1])), ...other); }
    else { view.x -= (here[0] - before[0]) / view.scale; view.y += (here[1] - before[1]) / view.scale; drawLand(); dirty = true; }
    fingers.set(event.pointerId, here);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    map.addEventListener(end, (event) => {
      if (end === "pointerup" && moved < 6) { const row = nearest(event.offsetX, event.offsetY); if (row >= 0) { choose(row); } }
      fingers.delete(event.pointerId);
    });
  }
  document.addEventListener("keydown", (event) => {
    const on = event.target.tagName, step = event.shiftKey ? 600 : 60;
    if (on === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) { return; }
    const does = {
      ArrowLeft: () => seek(time - step), ArrowRight: () => seek(time + step), Home: () => seek(0), End: () => seek(DAY - 1), w: () => seek(facts.worst),
      "+": () => zoom(1.6, view.w / 2, view.h / 2), "-": () => zoom(1 / 1.6, view.w / 2, view.h / 2),
    }[event.key] || (event.key === " " && on !== "BUTTON" && on !== "SUMMARY" ? () => get("play").click() : null);
    if (does) { event.preventDefault(); does(); }
  });
  window.addEventListener("resize", measure);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", measure);
  if (document.fonts) { document.fonts.ready.then(measure); }
  looks(); measure(); seek(facts.worst); window.requestAnimationFrame(frame);
  // for tests, and for who wants to ask the page
  window.watch = {
    at: (t) => Object.fromEntries(units.map((unit) => [unit.name, at(unit, t)]).filter(([, place]) => place).map(([key, place]) => [key, place.slice(0, 3)])),
    seek, choose, play, time: () => time, chosen: () => chosen, pixel: (row) => [px(incidents[row].x), py(incidents[row].y)],
  };
})();
