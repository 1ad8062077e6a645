// What all pages share: elements, numbers, data that is loaded when it is needed.

const waiting = new Map();

window.NASBENCH = {
  // Every file of data/ calls this with its name and its content.
  give(name, content) {
    waiting.get(name)?.resolve(content);
  },
};

function runScript(source) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`cannot read ${source}`));
    document.head.append(script);
  });
}

// Returns the content of data/NAME.js; it is loaded once.
function need(name) {
  if (!waiting.has(name)) {
    const entry = {};
    entry.promise = new Promise((resolve, reject) => {
      entry.resolve = resolve;
      runScript(`data/${name}.js`).catch(reject);
    });
    waiting.set(name, entry);
  }
  return waiting.get(name).promise;
}

// Resolves once the browser has painted what is there.
function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve, 0));
    setTimeout(resolve, 200); // a hidden tab has no frames
  });
}

const one = (selector, parent = document) => parent.querySelector(selector);
const all = (selector, parent = document) => [...parent.querySelectorAll(selector)];

// Returns an element; children are texts or elements.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function fillSelect(select, pairs, chosen) {
  select.replaceChildren(
    ...pairs.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );
}

function fillTable(table, headings, rows) {
  const head = headings.map((text, i) => element("th", { scope: "col", class: i ? false : "name" }, text));
  table.replaceChildren(
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
}

const MISSING = "–";

function integer(value) {
  return Number.isFinite(value) ? value.toLocaleString("en-US") : MISSING;
}

const percent = (fraction) => (Number.isFinite(fraction) ? `${(100 * fraction).toFixed(2)} %` : MISSING);

function significant(value) {
  if (!Number.isFinite(value)) return MISSING;
  if (Number.isInteger(value)) return integer(value);
  return Math.abs(value) >= 1000 ? integer(Math.round(value)) : String(Number(value.toPrecision(4)));
}

// Returns the numbers of an array that leaderboards/site/packed.py wrote.
function unpacked(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  const kinds = { Uint8Array, Uint16Array, Uint32Array, Float32Array, Float64Array };
  return new kinds[packed.type](bytes.buffer);
}

function say(problem, place) {
  place.replaceChildren(element("p", { class: "notice" }, problem.message));
}
