// The console of a demo in Chromium. Usage: node check.mjs URL LINK EMAIL PASSWORD [FOLDER]
//
// Signs in by the demo's link, sets up a second factor, signs out, and signs in with it. Reviews cases by
// keyboard alone; what one member proposes, another one confirms. Saves a list as a view. Makes a project and
// a flow by keyboard, and sets a setting. Opens every list,
// the first record of each, and every other page, in each language, light and dark, 320 and 1280 pixels
// wide. Nothing may be stopped by the policy, asked of another origin, wider than the screen, or wrong by
// axe-core. With FOLDER, English pages are kept there as images.

import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { Browser } from "./browser.mjs";

const [, , origin, link, email, password, folder] = process.argv;
const LANGUAGES = ["en", "es", "pt"];
const SCHEMES = ["light", "dark"];
const WIDTHS = [320, 1280];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await Browser.start();
browser.origin = origin;
const wrong = [];
let looks = 0;

/** The code of RFC 6238 that is shown so many steps from now. */
function code(secret, steps) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((it) => alphabet.indexOf(it).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((it) => parseInt(it, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const tag = createHmac("sha1", key).update(counter).digest();
  const offset = tag[19] & 15;
  return String((tag.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function complain(where, what) {
  wrong.push(`${where}: ${what}`);
  console.log(`console: ${where}: ${what}`);
}

function collect(where) {
  browser.complaints.splice(0).forEach((what) => complain(where, what));
}

const path = () => browser.evaluate("location.pathname + location.search");

async function expect(pathname, what) {
  const shown = await browser.evaluate("location.pathname");
  if (shown !== pathname) throw new Error(`${what}: ${shown}, not ${pathname}`);
}

/** Looks at the page that is open, in both schemes and widths. */
async function look(name, language) {
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      const where = `${name} (${language}, ${scheme}, ${width})`;
      await browser.look(width, scheme);
      const told = await browser.evaluate(`(async () => {
        if (!window.axe) { ${AXE} }
        // All that is folded is looked at too.
        document.querySelectorAll("details:not(.menu)").forEach((it) => { it.open = true; });
        // At its end the foot of a case, which is always in sight, lies over nothing.
        scrollTo(0, document.documentElement.scrollHeight);
        const found = await axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] });
        scrollTo(0, 0);
        return {
          wide: document.documentElement.scrollWidth,
          language: document.documentElement.lang,
          violations: found.violations.map((it) => it.id + " " + it.nodes.map((node) => node.html.slice(0, 160) + " " + node.failureSummary).slice(0, 3).join(" | ")),
        };
      })()`);
      looks += 1;
      if (told.language !== language) complain(where, `it is in ${told.language}`);
      if (told.wide > width) complain(where, `${told.wide} pixels wide`);
      told.violations.forEach((it) => complain(where, it));
      if (folder && language === "en") {
        await browser.evaluate("document.querySelectorAll('details:not(.menu)').forEach((it) => { it.open = false; })");
        mkdirSync(folder, { recursive: true });
        const file = name.replace(/^\/console\/?/, "").replace(/\W+/g, "-") || "home";
        writeFileSync(join(folder, `${file}-${scheme}-${width}.png`), await browser.screenshot());
      }
    }
  }
  collect(name);
}

async function signOut() {
  await browser.loaded(() => browser.evaluate(
    "setTimeout(() => document.querySelector('.top form').requestSubmit(), 0)"));
}

/** Opens a page in each language. */
async function visit(target, name = target) {
  for (const language of LANGUAGES) {
    await browser.open(`${target}${target.includes("?") ? "&" : "?"}lang=${language}`);
    await look(name, language);
  }
}

const heading = () => browser.evaluate("document.querySelector('h1').textContent.trim()");
const told = () => browser.evaluate("document.querySelector('.notice')?.textContent.trim() ?? ''");
const key = (name) => browser.press(name);
const keyLoads = (name) => browser.loaded(() => browser.press(name));

async function expectNews(news, what) {
  const shown = await told();
  if (shown !== news) throw new Error(`${what}: ${shown}, not ${news}`);
}

/** A whole case, without a mouse: begun from the queue, looked at, and declined. */
async function declineByKeyboard() {
  await browser.look(1280, "light");
  await browser.open("/console/queue?lang=en");
  await keyLoads("b");
  const declined = await browser.evaluate("location.pathname");
  await key("p");
  await browser.until("[...document.querySelectorAll('.stage img')].length >= 2 && [...document.querySelectorAll('.stage img')].every((it) => it.naturalWidth > 0)");
  // What a check found on the document lies over its image, and a second press takes it away.
  await key("2");
  await browser.until("document.querySelector('.overlay')?.naturalWidth > 0");
  await key("[");
  const faded = await browser.evaluate("document.querySelector('.overlay').style.opacity");
  if (faded !== "0.6") throw new Error(`an overlay of ${faded}`);
  await key("2");
  await browser.until("document.querySelector('.overlay') === null");
  await key("c");
  await browser.until("document.querySelectorAll('verax-compare svg image[href]').length === 2");
  await look("case", "en");
  await browser.look(1280, "light");
  await key("?");
  await browser.until("document.querySelector('#keys').matches(':popover-open')");
  await key("Escape");
  await key("j");
  await key("n");
  const noted = await browser.evaluate("document.activeElement.name");
  if (noted !== "note") throw new Error(`n leads to ${noted}`);
  await key("d");
  const written = await browser.evaluate("document.activeElement.value");
  if (written !== "d") throw new Error("a letter that is written is no key");
  await browser.evaluate("document.activeElement.value = ''; document.activeElement.blur()");
  await key("d");
  await browser.until("document.activeElement.name === 'reasons'");
  await look("case-decline", "en");
  await browser.look(1280, "light");
  await key(" ");
  await keyLoads("Enter");
  await expectNews("Proposed: another reviewer confirms it.", "a decline is proposed");
  await browser.open(`${declined}?lang=en`);
  const foot = await browser.evaluate("document.querySelector('.foot').textContent.trim()");
  if (!foot.startsWith("You have proposed this.")) throw new Error(`a proposal of one's own: ${foot}`);
  return declined;
}

/** The next case, approved: nobody has to confirm that. */
async function approveByKeyboard() {
  await browser.open("/console/queue?lang=en");
  await keyLoads("b");
  const approved = await heading();
  await key("a");
  await browser.until("document.activeElement.textContent === 'Approve'");
  await keyLoads("Enter");
  await expectNews("Decided.", "an approval");
  if (await heading() === approved) throw new Error("the next case is not shown");
}

/** The first proposal of another reviewer, confirmed. */
async function confirmByKeyboard() {
  await browser.open("/console/queue?lang=en");
  await key("j");
  await keyLoads("Enter");
  await look("case-proposed", "en");
  await browser.look(1280, "light");
  await keyLoads("a");
  await expectNews("Decided.", "a confirmation");
}

/** A list, filtered, saved under a name, and opened again by its link: without a mouse. */
async function saveViewByKeyboard() {
  const filtered = "/console/biometric-validations?where_status=failed&lang=en";
  await browser.look(1280, "light");
  await browser.open(filtered);
  const focused = (wanted) => browser.until(`document.activeElement.matches(${JSON.stringify(wanted)})`);
  const form = 'form[action$="/-/views"]';
  await browser.evaluate(`document.querySelector('${form}').closest("details").querySelector("summary").focus()`);
  await key("Enter");
  await key("Tab");
  await focused(`${form} input[name=name]`);
  for (const letter of "Failed <b>faces</b>") await key(letter);
  await key("Tab");
  await focused(`${form} input[name=shared]`);
  await key(" ");
  await key("Tab");
  await focused(`${form} button`);
  await keyLoads("Enter");
  await expectNews("Saved.", "a view");
  await look("view-saved", "en");
  await browser.look(1280, "light");
  await browser.open("/console/biometric-validations?lang=en");
  await browser.evaluate("document.querySelector('.views a').focus()");
  await keyLoads("Enter");
  const opened = await browser.evaluate("document.querySelector('.views a[aria-current=page] bdi')?.textContent");
  if (opened !== "Failed <b>faces</b>") throw new Error(`the view that is open is ${opened}`);
  const chosen = await browser.evaluate("document.querySelector('select[name=where_status]').value");
  if (chosen !== "failed") throw new Error(`the view has filtered by ${chosen}`);
  await visit("/console/biometric-validations?where_status=failed", "view-shown");
  // The same name again: said on the page, with what was typed.
  await browser.open(filtered);
  await browser.submit(form, { name: opened });
  await look("view-taken", "en");
  await browser.look(1280, "light");
  await browser.submit("form[action$='/delete']", {});
  await expectNews("The view is deleted.", "a view");
}

/** Goes on with Tab until this is true of the element that has the focus. */
async function tabTo(condition) {
  for (let count = 0; count < 300; count += 1) {
    await key("Tab");
    if (await browser.evaluate(`(() => { const it = document.activeElement; return ${condition}; })()`)) return;
  }
  throw new Error(`Tab does not lead to ${condition}`);
}

async function type(text) {
  for (const letter of text) await key(letter);
}

/** Proves again who it is, as what is dangerous asks after ten minutes. */
async function confirmAgain(secret, next) {
  await browser.open(`/console/account/confirm?lang=en&next=${encodeURIComponent(next)}`);
  await browser.submit("main form", { password, code: code(secret, 0) });
  if (await path() !== next) throw new Error(`after the proof: ${await path()}`);
}

/** A project and a flow of it, without a mouse: made, wrong at first, and changed. */
async function projectByKeyboard() {
  await browser.look(1280, "light");
  await browser.open("/console/projects?lang=en");
  await tabTo("it.textContent === 'New project'");
  await keyLoads("Enter");
  await expect("/console/projects/-/new", "the button of a new project");
  await look("project-new", "en");
  await browser.look(1280, "light");
  await tabTo("it.name === 'client'");
  await key("ArrowDown");
  await tabTo("it.name === 'name'");
  await type("Bank");
  await tabTo("it.name === 'contactEmail'");
  await type("jo@bank");
  await keyLoads("Enter");
  // What is wrong is told at its control, and the rest is kept.
  await browser.until("document.querySelector('[name=contactEmail]').getAttribute('aria-invalid') === 'true'");
  const kept = await browser.evaluate("document.querySelector('[name=name]').value");
  if (kept !== "Bank") throw new Error(`of the name is kept: ${kept}`);
  await look("project-wrong", "en");
  await browser.look(1280, "light");
  await tabTo("it.hash === '#control-contactEmail'");
  await key("Enter");
  await browser.until("document.activeElement.name === 'contactEmail' || location.hash === '#control-contactEmail'");
  await tabTo("it.name === 'contactEmail'");
  await type("jo@bank.example");
  await keyLoads("Enter");
  await expectNews("Saved.", "a project");
  const project = await browser.evaluate("location.pathname");
  await tabTo("it.textContent === 'New flow'");
  await keyLoads("Enter");
  const chosen = await browser.evaluate("document.querySelector('[name=project]').value");
  if (!project.endsWith(`/${chosen}`)) throw new Error(`the project of a new flow is ${chosen}`);
  await look("flow-new", "en");
  await browser.look(1280, "light");
  await tabTo("it.name === 'type'");
  await key("ArrowDown");
  await tabTo("it.name === 'name'");
  await type("In");
  await keyLoads("Enter");
  await expectNews("Saved.", "a flow");
  const flow = await browser.evaluate("location.pathname");
  await visit(`${project}/edit`, "project-edit");
  await visit(`${flow}/edit`, "flow-edit");
}

/** A setting of all nodes: wrong at first, set, and left to each node again. */
async function settingOfAllNodes() {
  const form = "form[action='/console/settings/tokens.renewals_max']";
  const wrong = "form[action='/console/settings/http.public_url']";
  await browser.open("/console/settings?lang=en");
  await browser.submit(wrong, { value: "verify.example.com" });
  await look("setting-wrong", "en");
  await browser.open("/console/settings?lang=en");
  await browser.submit(form, { value: "7" });
  await expectNews("It is set for all nodes. This one uses it already, the others do within seconds.", "a setting");
  await look("setting-set", "en");
  await browser.submit("form[action='/console/settings/tokens.renewals_max/unset']", {});
  await expectNews("Each node has its own again.", "a setting that is left to each node");
}

const links = (selector) => browser.evaluate(
  `[...document.querySelectorAll(${JSON.stringify(selector)})].map((it) => it.getAttribute("href"))`);

try {
  await browser.look(1280, "light");
  await browser.open(new URL(link).pathname);
  await expect("/console/", "the link of the demo is signed in");

  await browser.open("/console/account/totp");
  await look("/console/account/totp", "en");
  const secret = await browser.evaluate(
    "document.querySelector('.copy code').textContent.replaceAll(' ', '')");
  await browser.submit("main form", { code: code(secret, 0) });
  const codes = await browser.evaluate("document.querySelectorAll('.codes code').length");
  if (codes !== 10) throw new Error(`${codes} recovery codes`);
  await look("codes", "en");

  await signOut();
  await expect("/console/sign-in", "signing out leads to the door");
  await visit("/console/sign-in");
  await visit("/console/join/none");
  await browser.open("/console/events?sort=createdAt&lang=en");
  await expect("/console/sign-in", "a page asks to sign in");
  await browser.open("/console/sign-in?lang=en&next=%2Fconsole%2Fevents%3Fsort%3DcreatedAt");
  await browser.submit("main form", { email, password: "not the password" });
  await look("sign-in-failed", "en");
  await browser.submit("main form", { email, password });
  await look("sign-in-code", "en");
  // The code of this moment was used to set it up.
  await browser.submit("main form", { code: code(secret, 1) });
  if (await path() !== "/console/events?sort=createdAt") {
    throw new Error(`after the code: ${await path()}`);
  }

  const declined = await declineByKeyboard();
  await approveByKeyboard();
  // What a colleague of the demo has proposed.
  await confirmByKeyboard();
  collect("cases");

  await saveViewByKeyboard();
  collect("views");

  await browser.open("/console/");
  const pages = (await links(".side nav a")).filter((it) => it.startsWith("/console"));
  if (pages.length < 15) throw new Error(`only ${pages.length} pages`);
  let records = 0;
  for (const page of pages) {
    await visit(page);
    const [record] = await links(".list td:first-child a");
    if (!record) continue;
    records += 1;
    await visit(record, `${page}/record`);
    await browser.open(`${record}/json?lang=en`);
    await look(`${page}/json`, "en");
  }
  if (records < 4) throw new Error(`only ${records} kinds of records`);
  await visit("/console/account");
  await visit("/console/account/confirm");
  await visit("/console/project-members/-/invite");
  await visit("/console/there-is-none");
  await visit("/console/biometric-validations?where_statu=x&sort=nothing", "problems");
  await visit("/console/biometric-validations?where_status=failed&wherenot_type=login&search=user", "filtered");
  await visit("/console/events?search=nobody&where_type=none", "empty");

  await confirmAgain(secret, "/console/projects?lang=en");
  await projectByKeyboard();
  await settingOfAllNodes();
  collect("forms");

  await browser.open("/console/project-members/-/invite?lang=en");
  await browser.submit("main form", { email: "new@example.com", role: "editor" });
  await look("invited", "en");
  const join = await browser.evaluate("document.querySelector('.copy code').textContent");
  await visit(new URL(join).pathname, "/console/join/invitation");
  await browser.open("/console/");
  await signOut();
  // The new member confirms what was proposed before.
  await browser.open(`${new URL(join).pathname}?lang=en`);
  await browser.submit("main form", { name: "Nina", password: "eleven rivers of tin" });
  await confirmByKeyboard();
  await browser.open(`${declined}?lang=en`);
  const over = await browser.evaluate("document.querySelector('.foot') === null");
  if (!over) throw new Error("what was confirmed is not over");
  await signOut();
  await browser.open("/console/");
  await expect("/console/sign-in", "who has signed out is asked to sign in");
  collect("the end");
} catch (error) {
  collect("before it failed");
  complain("the visit", error.stack ?? error);
} finally {
  await browser.close();
}
console.log(`console: ${looks} looks at pages, ${wrong.length} complaints`);
process.exit(wrong.length === 0 && looks > 100 ? 0 : 1);
