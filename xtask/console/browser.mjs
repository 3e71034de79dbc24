// Chromium without a screen, spoken to over a pipe: no port, no package.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ANSWER_MS = 60_000;
/** Keys that are no letters: their code, their number, and what they write. */
const KEYS = {
  Enter: ["Enter", 13, "\r"],
  " ": ["Space", 32, " "],
  Tab: ["Tab", 9, undefined],
  Escape: ["Escape", 27, undefined],
  ArrowDown: ["ArrowDown", 40, undefined],
};
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** One page of a browser, with everything that went wrong on it. */
export class Browser {
  /** @param {string} program */
  constructor(program) {
    this.profile = mkdtempSync(join(tmpdir(), "verax-console-"));
    const flags = [
      "--headless=new", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--no-sandbox",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--disable-features=Translate,OptimizationHints,MediaRouter", "--remote-debugging-pipe",
      `--user-data-dir=${this.profile}`, "about:blank",
    ];
    this.child = spawn(program, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.id = 0;
    this.waiting = new Map();
    this.listeners = new Set();
    /** What the policy stopped, what failed, and what was asked of another origin. */
    this.complaints = [];
    let rest = "";
    this.child.stdio[4].on("data", (data) => {
      const parts = (rest + data).split("\0");
      rest = parts.pop() ?? "";
      parts.forEach((part) => this.#receive(JSON.parse(part)));
    });
  }

  static async start() {
    for (const program of PROGRAMS) {
      const found = await new Promise((resolve) => {
        const child = spawn("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
        child.on("close", (code) => resolve(code === 0));
      });
      if (!found) continue;
      const browser = new Browser(program);
      await browser.#attach();
      return browser;
    }
    throw new Error("Chromium is not there. Run: apt-get install chromium");
  }

  async #attach() {
    const { targetInfos } = await this.send("Target.getTargets", {}, null);
    const page = targetInfos.find((it) => it.type === "page");
    const attached = { targetId: page.targetId, flatten: true };
    this.session = (await this.send("Target.attachToTarget", attached, null)).sessionId;
    for (const domain of ["Page", "Network", "Log", "Runtime", "Audits"]) {
      await this.send(`${domain}.enable`);
    }
  }

  #receive(message) {
    const waiting = this.waiting.get(message.id);
    if (waiting) {
      this.waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(`${waiting.method}: ${message.error.message}`));
      else waiting.resolve(message.result);
      return;
    }
    const { method, params } = message;
    this.listeners.forEach((listener) => listener(method, params));
    if (method === "Log.entryAdded" && params.entry.level === "error") {
      // An answer of 4xx is told of, too: pages of errors are looked at on purpose.
      if (!/status of 4\d\d/.test(params.entry.text)) this.complaints.push(params.entry.text);
    }
    if (method === "Runtime.exceptionThrown") {
      this.complaints.push(params.exceptionDetails.exception?.description ?? "an exception");
    }
    if (method === "Audits.issueAdded" && params.issue.code === "ContentSecurityPolicyIssue") {
      this.complaints.push(`CSP: ${JSON.stringify(params.issue.details)}`);
    }
    if (method === "Network.requestWillBeSent") {
      const { url } = params.request;
      // Chromium's own icons of fields are `data:`.
      const isOurs = url.startsWith(`${this.origin}/`) || /^(about|data):/.test(url);
      if (this.origin && !isOurs) this.complaints.push(`asked for ${url}`);
    }
  }

  send(method, params = {}, session = this.session) {
    const id = ++this.id;
    const message = { id, method, params, ...(session ? { sessionId: session } : {}) };
    this.child.stdio[3].write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method} was not answered`)), ANSWER_MS);
      const done = (act) => (value) => { clearTimeout(late); act(value); };
      this.waiting.set(id, { method, resolve: done(resolve), reject: done(reject) });
    });
  }

  /** Waits until the next page has loaded, after `act` has begun to load it. */
  async loaded(act) {
    const load = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the page did not load")), ANSWER_MS);
      const listener = (method) => {
        if (method !== "Page.loadEventFired") return;
        clearTimeout(late);
        this.listeners.delete(listener);
        resolve(undefined);
      };
      this.listeners.add(listener);
    });
    await act();
    await load;
  }

  open(path) {
    return this.loaded(() => this.send("Page.navigate", { url: `${this.origin}${path}` }));
  }

  /** The value of an expression, in a world that the page's policy does not reach. */
  async evaluate(expression) {
    const { frameTree } = await this.send("Page.getFrameTree");
    const world = { frameId: frameTree.frame.id, worldName: "check" };
    const { executionContextId } = await this.send("Page.createIsolatedWorld", world);
    const asked = { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", asked);
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /** Fills the fields of a form in, by their names, and sends it as its button does. */
  submit(selector, values) {
    const fill = Object.entries(values).map(([name, value]) =>
      `form.elements.namedItem(${JSON.stringify(name)}).value = ${JSON.stringify(value)};`);
    const code = `{ const form = document.querySelector(${JSON.stringify(selector)});
      ${fill.join("\n")} setTimeout(() => form.requestSubmit(), 0); }`;
    return this.loaded(() => this.evaluate(code));
  }

  /** A key, as somebody at a keyboard presses it. */
  async press(key) {
    const [code, number, text] = KEYS[key] ?? [undefined, undefined, key];
    const down = { type: "keyDown", key, code, windowsVirtualKeyCode: number, text };
    await this.send("Input.dispatchKeyEvent", down);
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode: number });
  }

  /** Waits until an expression is true. */
  async until(expression) {
    const end = Date.now() + ANSWER_MS;
    while (!await this.evaluate(expression)) {
      if (Date.now() > end) throw new Error(`it did not become true: ${expression}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  async look(width, scheme) {
    const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", metrics);
    const features = [
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  async screenshot() {
    const asked = { format: "png", captureBeyondViewport: true };
    return Buffer.from((await this.send("Page.captureScreenshot", asked)).data, "base64");
  }

  close() {
    return new Promise((resolve) => {
      this.child.on("close", () => {
        rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
        resolve(undefined);
      });
      this.child.kill();
    });
  }
}
