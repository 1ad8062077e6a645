// A table of data/: columns per class, and every architecture with its class.

class SpaceTable {
  constructor(stored) {
    Object.assign(this, {
      name: stored.name, space: stored.space, seeds: stored.seeds, epochs: stored.epochs,
      images: stored.images, digest: stored.digest,
    });
    this.index = unpacked(stored.index);
    this.classOf = unpacked(stored.classOf);
    this.complete = unpacked(stored.complete);
    this.correct = { validation: unpacked(stored.correct.validation), test: unpacked(stored.correct.test) };
    this.axes = stored.axes.map((axis) => ({ ...axis, values: unpacked(axis.values) }));
    this.repeats = stored.repeats;
    this.texts = stored.texts?.split("\n");
    this.layers = layerLists(stored.layers);
    this.positionOfIndex = new Map(Array.from(this.index, (index, position) => [index, position]));
    this.representatives = unpacked(stored.representative);
    this.counts = new Uint32Array(this.representatives.length);
    for (const number of this.classOf) this.counts[number] += 1;
  }

  get length() {
    return this.index.length;
  }

  axis(key) {
    return this.axes.find((axis) => axis.key === key);
  }

  // The value of an axis for every architecture.
  values(axis) {
    const values = new Float64Array(this.length);
    for (let i = 0; i < values.length; i += 1) values[i] = axis.values[this.classOf[i]];
    return values;
  }

  // The options of the architecture at a position, by mixed radix.
  options(position) {
    const index = this.index[position];
    return this.space.choices.map((options, i) => Math.floor(index / this.space.strides[i]) % options.length);
  }

  text(position) {
    if (this.texts) return this.texts[position];
    const chosen = this.options(position);
    const nodes = [];
    this.space.edges.forEach(([source, target], i) => {
      nodes[target - 1] = `${nodes[target - 1] ?? ""}|${this.space.choices[i][chosen[i]]}~${source}`;
    });
    return nodes.map((node) => `${node}|`).join("+");
  }

  // The position of a text form or an index; -1 where there is none.
  find(text) {
    const wanted = text.trim();
    if (/^\d+$/.test(wanted)) return this.positionOfIndex.get(Number(wanted)) ?? -1;
    if (!this.positionOfText) {
      this.positionOfText = new Map();
      for (let i = 0; i < this.length; i += 1) this.positionOfText.set(this.text(i), i);
    }
    return this.positionOfText.get(wanted) ?? -1;
  }

  members(number) {
    const found = [];
    for (let i = 0; i < this.length; i += 1) if (this.classOf[i] === number) found.push(i);
    return found;
  }

  isComplete(number, seed) {
    return this.complete[number * this.seeds.length + seed] === 1;
  }

  // The accuracy in [0, 1] after every epoch of the trial of a seed (its position).
  curve(split, number, seed) {
    const start = (number * this.seeds.length + seed) * this.epochs;
    const counts = this.correct[split].subarray(start, start + this.epochs);
    return Array.from(counts, (count) => count / this.images[split]);
  }

  draw(position) {
    const number = this.classOf[position];
    return drawn(this.space, this.text(position), this.layers?.[number]);
  }
}

const openTables = new Map();
function openTable(slug) {
  if (!openTables.has(slug)) openTables.set(slug, need(`table-${slug}`).then((stored) => new SpaceTable(stored)));
  return openTables.get(slug);
}

function axisValue(axis, value) {
  if (axis.family === "accuracy") return percent(value);
  return axis.family === "cost" && axis.key !== "training_seconds" ? integer(value) : significant(value);
}

const axisTitle = (axis) => (axis.family === "accuracy" ? `${axis.label} (%)` : `${axis.label} (${axis.unit})`);

// Accuracies are drawn in percent.
function drawnValues(table, axis) {
  const values = table.values(axis);
  return axis.family === "accuracy" ? values.map((value) => 100 * value) : values;
}

function isLogarithmic(axis) {
  if (!["cost", "latency", "energy"].includes(axis.family) || axis.key === "depth") return false;
  return axis.values.every((value) => Number.isNaN(value) || value > 0);
}

const hasFront = (x, y) => y.family === "accuracy" && ["cost", "latency", "energy"].includes(x.family);
