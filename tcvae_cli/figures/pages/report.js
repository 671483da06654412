// Sliders that drive decoders, images to start from, tables that sort. Without it the page still shows all pictures.
"use strict";

// Numbers of a decoder: all float32 first (bias, then weights or scales of rows, layer by layer), then int8 weights.
async function unpacked(layers, text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  let place = 0;
  const floats = (count) => new Float32Array(buffer, 4 * (place += count) - 4 * count, count);
  for (const layer of layers) {
    layer.bias = floats(layer.after);
    layer.numbers = floats(layer.exact ? layer.rows * layer.before : layer.rows);
  }
  place *= 4;
  for (const layer of layers) {
    layer.weights = layer.exact ? layer.numbers : new Float32Array(layer.rows * layer.before);
    if (layer.exact) continue;
    const whole = new Int8Array(buffer, place, layer.weights.length);
    place += whole.length;
    for (let row = 0, i = 0; row < layer.rows; row++)
      for (let column = 0; column < layer.before; column++, i++) layer.weights[i] = layer.numbers[row] * whole[i];
  }
  return layers;
}

// Rows of a matrix times a vector that starts at a place of an array.
function product(weights, before, input, start, rows, output) {
  for (let row = 0, at = 0; row < rows; row++) {
    let a = 0, b = 0, c = 0, d = 0, i = start;
    for (const end = at + before - 3; at < end; at += 4, i += 4) {
      a += weights[at] * input[i];
      b += weights[at + 1] * input[i + 1];
      c += weights[at + 2] * input[i + 2];
      d += weights[at + 3] * input[i + 3];
    }
    for (const end = (row + 1) * before; at < end; at++, i++) a += weights[at] * input[i];
    output[row] = a + b + c + d;
  }
}

// A layer: from each place of an image to the places of the next around it, then bias and activation.
function through(layer, input) {
  const { side, kernel, stride, padding, after, before, rows, weights, bias } = layer;
  const wide = (side - 1) * stride - 2 * padding + kernel, output = new Float32Array(wide * wide * after);
  if (wide === 1) product(weights, before, input, 0, rows, output);
  else {
    const patch = new Float32Array(rows);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
      product(weights, before, input, (y * side + x) * before, rows, patch);
      for (let row = 0; row < kernel; row++) {
        const down = y * stride - padding + row;
        if (down < 0 || down >= wide) continue;
        for (let column = 0; column < kernel; column++) {
          const along = x * stride - padding + column;
          if (along < 0 || along >= wide) continue;
          const to = (down * wide + along) * after, from = (row * kernel + column) * after;
          for (let channel = 0; channel < after; channel++) output[to + channel] += patch[from + channel];
        }
      }
    }
  }
  for (let i = 0, channel = 0; i < output.length; i++, channel = channel + 1 === after ? 0 : channel + 1) {
    const sum = output[i] + bias[channel];
    output[i] = layer.activation === "tanh" ? Math.tanh(sum) : layer.activation === "relu" && sum < 0 ? 0 : sum;
  }
  return output;
}

// A latent whose place in the base of a flow prior is known: the flow only rises, so halving finds it.
function fromBase(base, [u, w, b]) {
  const reach = u.reduce((sum, step) => sum + Math.abs(step), 0);
  let low = base - reach, high = base + reach;
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2;
    let z = middle;
    for (let step = 0; step < u.length; step++) z += u[step] * Math.tanh(w[step] * z + b[step]);
    if (z < base) low = middle; else high = middle;
  }
  return (low + high) / 2;
}

function drawn(family) {
  if (family === "laplace") return Math.sign(Math.random() - 0.5) * -Math.log(1 - Math.random()) * Math.SQRT1_2;
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function start(article) {
  const find = (what) => article.querySelector(what), all = (what) => [...article.querySelectorAll(what)];
  const about = JSON.parse(find("script.about").textContent), canvas = find("canvas"), pen = canvas.getContext("2d");
  const sliders = all("input[type=range]"), buttons = all("[data-image]"), told = find(".told");
  const original = find(".original"), shown = (value) => value.toFixed(2).replace("-", "−");
  const choose = (button) => {
    const place = Number(button.dataset.image);
    if (!layers) canvas.style.backgroundImage = `url("${button.querySelectorAll("img")[1].src}")`;
    const row = about.rows[place].toLocaleString("en");
    set(about.codes[place], `Image ${row}`, `as in image ${row}`, button);
  };
  const middle = () => set(code.map(() => 0), "The middle of the prior", "in its middle");
  const code = new Float32Array(about.order.length);
  let layers = null, waiting = false, walking = 0, whence = "", last = about.order[0];

  function show() {
    waiting = false;
    const begun = performance.now();
    if (!about.layers) strip(); else if (layers) pen.putImageData(image(code), 0, 0);
    canvas.dataset.milliseconds = performance.now() - begun;
  }

  // The image that the decoder draws of a code, whose places are in the base of the prior.
  function image(of) {
    let found = about.flow ? of.map((base, j) => fromBase(base, about.flow.map((part) => part[j]))) : of;
    for (const layer of layers) found = through(layer, found);
    const picture = pen.createImageData(canvas.width, canvas.height), pixels = picture.data;
    const channels = found.length / (canvas.width * canvas.height);
    for (let i = 0, to = 0; to < pixels.length; i += channels, to += 4) {
      for (let c = 0; c < 3; c++) pixels[to + c] = 255 / (1 + Math.exp(-found[i + (channels === 3 ? c : 0)]));
      pixels[to + 3] = 255;
    }
    return picture;
  }

  // The walks in sight again, from the code that the sliders show, row by row so that nothing hangs meanwhile.
  async function walk() {
    const from = code.slice(), others = whence, mine = ++walking;
    for (const row of all("[data-walk]").filter((picture) => picture.offsetParent)) {
      await new Promise((done) => setTimeout(done));
      if (mine !== walking) return;
      const sheet = document.createElement("canvas"), sheetPen = sheet.getContext("2d");
      sheet.width = about.values.length * (canvas.width + about.gap) - about.gap;
      sheet.height = canvas.height;
      about.values.forEach((value, place) => {
        const of = from.map((its, j) => j === Number(row.dataset.walk) ? value : its);
        sheetPen.putImageData(image(of), place * (canvas.width + about.gap), 0);
      });
      row.src = sheet.toDataURL();
    }
    find(".walked").textContent = others;
  }

  // Without a decoder: the picture of the latent's own walk that is nearest.
  function strip() {
    const picture = find(`[data-walk="${last}"]`), near = (value) => Math.abs(value - code[last]);
    const frame = about.values.reduce((best, value, k) => near(value) < near(about.values[best]) ? k : best, 0);
    const from = frame * (canvas.width + about.gap);
    picture.decode().then(() =>
      pen.drawImage(picture, from, 0, canvas.width, canvas.height, 0, 0, canvas.width, canvas.height));
  }

  function soon() {
    if (!waiting) requestAnimationFrame(show);
    waiting = true;
  }

  function set(values, words, others, pressed) {
    for (const slider of sliders) {
      const latent = slider.dataset.latent;
      code[latent] = values[latent];
      slider.value = values[latent];
      slider.nextElementSibling.textContent = shown(values[latent]);
    }
    for (const button of buttons) button.setAttribute("aria-pressed", button === pressed);
    told.textContent = words;
    whence = others;
    original.hidden = !pressed;
    if (pressed) original.src = pressed.querySelector("img").src;
    soon();
  }

  for (const slider of sliders) slider.addEventListener("input", () => {
    last = Number(slider.dataset.latent);
    if (!about.layers) set(code.map((_, j) => j === last ? slider.valueAsNumber : 0), `z${last} alone`, "");
    else told.textContent = "As the sliders stand";
    whence = "as the sliders stood";
    code[last] = slider.valueAsNumber;
    slider.nextElementSibling.textContent = shown(slider.valueAsNumber);
    for (const button of buttons) button.setAttribute("aria-pressed", false);
    soon();
  });
  for (const button of buttons) {
    button.disabled = !about.layers;
    button.addEventListener("click", () => choose(button));
  }
  find(".reset").addEventListener("click", () => middle());
  find(".from-here")?.addEventListener("click", () => { if (layers) walk(); });
  find(".draw")?.addEventListener("click", () => set(code.map(() => drawn(about.family)), "Drawn from the prior", "as drawn"));
  if (about.layers && buttons.length) choose(buttons[0]);
  else middle();
  if (!about.layers) return Promise.resolve();
  const text = find("script.weights");
  return unpacked(about.layers, text.textContent).then((found) => { layers = found; text.remove(); show(); });
}

// Heads of a table that sort it: numbers the largest first at the first press, what is not known last.
function sortable(table) {
  const heads = [...table.querySelectorAll("th button")], body = table.tBodies[0];
  for (const head of heads) head.addEventListener("click", () => {
    const column = Number(head.dataset.column), cell = head.closest("th");
    const rising = column === 0 ? cell.ariaSort !== "ascending" : cell.ariaSort === "descending";
    for (const other of heads) other.closest("th").ariaSort = "none";
    cell.ariaSort = rising ? "ascending" : "descending";
    const value = (row) => row.cells[column].dataset.value, known = (row) => value(row) !== "";
    const rows = [...body.rows].sort((one, other) =>
      known(other) - known(one) || (rising ? 1 : -1) * (value(one) - value(other)));
    body.append(...rows);
  });
}

document.documentElement.classList.add("live");
document.querySelectorAll("table.sortable").forEach(sortable);
// One run after the other, so that the first can be played with at once.
[...document.querySelectorAll("article.run")].reduce((before, article) => before.then(() => start(article)), Promise.resolve())
  .catch((fault) => { document.querySelector(".told").textContent = `The decoder does not run here: ${fault.message}`; })
  .finally(() => { document.documentElement.dataset.ready = "yes"; });
