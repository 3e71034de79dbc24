// Cases: images that are opened on demand, what was found lying over them, and keys. Without it every image
// is a link, and every decision a form.

const ZOOM_MAX = 8;

/** @param {string} name @param {Record<string, string>} attributes @param {(Node | string)[]} inner */
function element(name, attributes, ...inner) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inner);
  return made;
}

/** What lies over an image: who looks at it, and when. @param {string | undefined} text */
function watermark(text) {
  return element("span", { class: "watermark", "aria-hidden": "true" }, text ?? "");
}

/** An image that can be enlarged, moved and turned, with overlays. */
class StoredImage extends HTMLElement {
  connectedCallback() {
    this.zoom = 1;
    this.turned = 0;
    this.place = { x: 0, y: 0 };
    this.querySelector("[data-open]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.open();
    });
  }

  open() {
    if (this.stage) return;
    const image = /** @type {HTMLImageElement} */ (element("img", { src: this.dataset.src ?? "", alt: this.dataset.title ?? "" }));
    this.sheet = element("div", { class: "sheet" }, image);
    this.stage = element("div", { class: "stage", tabindex: "0", role: "group", "aria-label": this.dataset.title ?? "" },
      this.sheet, watermark(this.dataset.over));
    const drawn = this.querySelector("template")?.content.firstElementChild?.cloneNode(true);
    if (drawn) image.addEventListener("load", () => {
      /** @type {Element} */ (drawn).setAttribute("viewBox", `0 0 ${image.naturalWidth} ${image.naturalHeight}`);
      this.sheet?.append(drawn);
    });
    this.querySelector("[data-open]")?.parentElement?.replaceWith(this.stage);
    this.overlayMenu();
    this.stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.enlarge(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.drag(event));
    this.stage.addEventListener("keydown", (event) => this.key(event));
  }

  overlayMenu() {
    const links = Array.from(this.querySelectorAll("a[data-overlay]"));
    if (links.length === 0) return;
    const list = links[0].closest("ul");
    const name = `overlay-${Array.from(document.querySelectorAll("verax-image")).indexOf(this)}`;
    /** @param {string} label @param {string} source */
    const choice = (label, source) => {
      const input = /** @type {HTMLInputElement} */ (element("input", { type: "radio", name, "data-source": source }));
      input.checked = source === "";
      input.addEventListener("change", () => this.overlay(source));
      return element("label", {}, input, label);
    };
    this.opacity = /** @type {HTMLInputElement} */ (element("input", { type: "range", min: "0", max: "100", value: "70", "aria-label": this.dataset.opacity ?? "" }));
    this.opacity.addEventListener("input", () => this.fade());
    list?.replaceWith(element("div", { class: "overlays" },
      choice(this.dataset.none ?? "", ""),
      ...links.map((link) => choice(link.textContent ?? "", link.getAttribute("href") ?? "")),
      this.opacity));
  }

  /** @param {string} source */
  overlay(source) {
    this.sheet?.querySelector(".overlay")?.remove();
    if (!source) return;
    const over = element("img", { class: "overlay", src: source, alt: "" });
    over.addEventListener("error", () => this.showsNothing(source, over));
    this.sheet?.append(over);
    this.fade();
  }

  /** The check has found nothing that could be shown. @param {string} source @param {Element} over */
  showsNothing(source, over) {
    over.remove();
    const input = /** @type {HTMLInputElement | null} */ (this.querySelector(`input[data-source="${CSS.escape(source)}"]`));
    if (!input || input.disabled) return;
    input.disabled = true;
    input.parentElement?.append(` – ${this.dataset.nothing ?? ""}`);
  }

  fade() {
    const over = /** @type {HTMLElement | null | undefined} */ (this.sheet?.querySelector(".overlay"));
    if (over && this.opacity) over.style.opacity = String(Number(this.opacity.value) / 100);
  }

  /** The overlay of this number, or none where it is shown already. @param {number} index */
  choose(index) {
    this.open();
    const inputs = /** @type {HTMLInputElement[]} */ (Array.from(this.querySelectorAll("input[type=radio]")));
    const chosen = inputs[index]?.checked ? inputs[0] : inputs[index];
    if (!chosen) return;
    chosen.checked = true;
    this.overlay(chosen.dataset.source ?? "");
  }

  /** @param {number} step */
  shade(step) {
    if (!this.opacity) return;
    this.opacity.value = String(Number(this.opacity.value) + step);
    this.fade();
  }

  /** @param {number} factor */
  enlarge(factor) {
    this.zoom = Math.min(ZOOM_MAX, Math.max(1, (this.zoom ?? 1) * factor));
    if (this.zoom === 1) this.place = { x: 0, y: 0 };
    this.draw();
  }

  draw() {
    const { x, y } = this.place ?? { x: 0, y: 0 };
    if (this.sheet) this.sheet.style.transform = `translate(${x}px, ${y}px) scale(${this.zoom}) rotate(${this.turned}deg)`;
  }

  /** @param {PointerEvent} start */
  drag(start) {
    const stage = this.stage;
    const from = { ...(this.place ?? { x: 0, y: 0 }) };
    if (!stage || this.zoom === 1) return;
    stage.setPointerCapture(start.pointerId);
    /** @param {PointerEvent} event */
    const move = (event) => {
      this.place = { x: from.x + event.clientX - start.clientX, y: from.y + event.clientY - start.clientY };
      this.draw();
    };
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", () => stage.removeEventListener("pointermove", move), { once: true });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowLeft: [30, 0], ArrowRight: [-30, 0], ArrowUp: [0, 30], ArrowDown: [0, -30] }[event.key];
    if (event.key === "+" || event.key === "-") this.enlarge(event.key === "+" ? 1.2 : 1 / 1.2);
    else if (event.key === "t") { this.turned = ((this.turned ?? 0) + 90) % 360; this.draw(); }
    else if (step && (this.zoom ?? 1) > 1) {
      this.place = { x: (this.place?.x ?? 0) + step[0], y: (this.place?.y ?? 0) + step[1] };
      this.draw();
    } else return;
    event.preventDefault();
  }
}

/** Two faces, cut from their images to one size. */
class Compare extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("[data-show]");
    button?.removeAttribute("hidden");
    button?.addEventListener("click", () => this.open());
  }

  open() {
    if (this.isOpen) return;
    this.isOpen = true;
    this.querySelector("[data-show]")?.parentElement?.remove();
    for (const image of this.querySelectorAll("svg image")) {
      image.setAttribute("href", /** @type {SVGElement} */ (image).dataset.src ?? "");
      image.closest("figure")?.append(watermark(this.dataset.over));
    }
    this.classList.add("is-open");
  }
}

customElements.define("verax-image", StoredImage);
customElements.define("verax-compare", Compare);

const images = () => /** @type {StoredImage[]} */ (Array.from(document.querySelectorAll("verax-image")));

function showAll() {
  for (const image of images()) image.open();
  document.querySelector("[data-show-all]")?.remove();
  /** @type {HTMLElement | undefined} */ (images()[0]?.stage)?.focus();
}

/** @param {number} step */
function move(step) {
  const all = /** @type {HTMLElement[]} */ (Array.from(document.querySelectorAll("[data-move]")));
  const at = all.findIndex((one) => one.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  (next?.querySelector("a") && next.localName === "li" ? next.querySelector("a") : next)?.focus();
}

const KEYS_STORED = "verax-keys";
const keysAreOn = () => localStorage.getItem(KEYS_STORED) !== "off";

/** @param {KeyboardEvent} event */
function pressed(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const types = target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])");
  if (types || event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  const open = document.querySelector("[popover]:popover-open");
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (event.key === "?") /** @type {HTMLElement | null} */ (document.getElementById("keys"))?.togglePopover();
  else if (open) return;
  else if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  else if (event.key === "[" || event.key === "]") for (const image of images()) image.shade(event.key === "]" ? 10 : -10);
  else if (/^[1-4]$/.test(event.key)) images().find((it) => it.querySelector("[data-overlay], .overlays"))?.choose(Number(event.key));
  else if (wanted instanceof HTMLTextAreaElement) wanted.focus();
  else if (wanted instanceof HTMLElement) wanted.click();
  else return;
  event.preventDefault();
}

document.querySelector("[data-show-all]")?.removeAttribute("hidden");
document.querySelector("[data-show-all]")?.addEventListener("click", showAll);
document.addEventListener("keydown", pressed);
const keySwitch = document.querySelector("[data-keys]");
if (keySwitch instanceof HTMLInputElement) {
  keySwitch.checked = keysAreOn();
  keySwitch.addEventListener("change", () => localStorage.setItem(KEYS_STORED, keySwitch.checked ? "on" : "off"));
}
