// What every browser test shares: one Chromium, visitors who may tolerate no message in the console,
// and waiting that needs no sleeps.

import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { chromium } from "playwright-core";

const { TICKBOX_URL, CHROMIUM = "/usr/bin/chromium", SCREENSHOTS, SECRETS_FILE } = process.env;
assert(TICKBOX_URL, "Set TICKBOX_URL to the address of a running Tickbox, such as http://127.0.0.1:8080");

export const base = TICKBOX_URL.replace(/\/$/, "");
export { assert };

const quiet = ["gpu", "quic", "background-networking", "component-update", "sync"];
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-first-run", ...quiet.map((what) => `--disable-${what}`)],
  // It opens nothing but our own pages, and root, containers and some systems cannot have a sandbox.
  chromiumSandbox: false,
});
after(() => browser.close());

/** Both ways to use the pages. */
export const modes = [
  { javaScript: true, name: "with JavaScript" },
  { javaScript: false, name: "without JavaScript" },
];

/** A test with a visitor of its own, which fails on anything unexpected in the console. */
export function scenario(name, options, body) {
  test(name, { timeout: 120_000 }, async () => {
    const visitors = [];
    const enter = async (more) => {
      const visitor = await Visitor.enter({ ...options, ...more });
      visitors.push(visitor);
      return visitor;
    };
    try {
      await body(await enter(), enter);
      for (const { surprises } of visitors) assert.deepEqual(surprises, []);
    } catch (error) {
      await visitors[0]?.shoot(`failed ${name}`);
      throw error;
    } finally {
      for (const visitor of visitors) await visitor.leave();
    }
  });
}

let users = 0;

/** A password, noted so that a sweep of the logs can look for it. */
export function secret(password) {
  if (SECRETS_FILE) appendFileSync(SECRETS_FILE, `${password}\n`);
  return password;
}

/** Somebody with a browser. */
class Visitor {
  surprises = [];
  expected = ["Clear-Site-Data header"]; // logging out does what it should
  #cookies = [];

  static async enter({ javaScript = true, ...options }) {
    const visitor = new Visitor();
    visitor.javaScript = javaScript;
    visitor.context = await browser.newContext({
      baseURL: base,
      javaScriptEnabled: javaScript,
      timezoneId: "Asia/Kathmandu", // 5:45 off, so that no time is right by chance
      viewport: { width: 1000, height: 760 },
      ...options,
    });
    visitor.context.setDefaultTimeout(15_000);
    await visitor.context.addInitScript(() => {
      window.answers = 0;
      document.addEventListener("htmx:finally:request", () => window.answers++);
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    visitor.page = await visitor.tab();
    visitor.number = ++users;
    visitor.username = `visitor-${process.pid}-${visitor.number}-${Date.now()}`;
    visitor.password = secret(`shelf lamp river ${process.pid} ${visitor.number}`);
    return visitor;
  }

  /** Another tab of the same browser. */
  async tab(address) {
    const page = await this.context.newPage();
    const note = (text) => {
      if (!this.expected.some((words) => text.includes(words))) this.surprises.push(text);
    };
    page.on("console", (message) => note(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => note(`error: ${error}`));
    page.on("dialog", (dialog) => (note(`dialog: ${dialog.message()}`), dialog.dismiss()));
    page.on("response", (response) => this.#cookies.push(noteCookie(response)));
    if (address) await page.goto(address);
    return page;
  }

  /** From here on the console may say this, which Chromium does on every refused form. */
  expect(...words) {
    this.expected.push(...words.map((word) => (typeof word === "number" ? `status of ${word}` : word)));
  }

  /** Does what leads to another page, and waits for it. */
  async go(act) {
    await Promise.all([this.page.waitForEvent("load"), act()]);
  }

  /** Does what changes the list: in place with JavaScript, by another page without. */
  async change(act) {
    if (!this.javaScript) return this.go(act);
    const before = await this.page.evaluate(() => window.answers);
    await act();
    await this.page.waitForFunction((before) => window.answers > before, before);
  }

  /** Posts a form without a page. */
  async post(path, form) {
    const response = await this.context.request.post(path, { form, headers: { origin: base }, maxRedirects: 0 });
    for (const { name, value } of response.headersArray()) {
      if (name.toLowerCase() === "set-cookie") noteValue(value);
    }
    return response;
  }

  /** Makes an account and logs in, the quick way. */
  async signUp({ firstName = "Ona" } = {}) {
    const { username, password } = this;
    const names = { first_name: firstName, last_name: "Petraitė", username };
    const registered = await this.post("/register", { ...names, password, password_again: password });
    assert.equal(registered.status(), 303);
    await this.logInAs(this);
  }

  /** Logs in, the quick way, and opens the list. */
  async logInAs({ username, password }) {
    assert.equal((await this.post("/login", { username, password })).status(), 303);
    await this.page.goto("/");
  }

  /** Logs in by the page that is open. */
  async logIn(password = this.password) {
    await this.page.fill("#username", this.username);
    await this.page.fill("#password", password);
    await this.go(() => this.page.click("form .button"));
  }

  /** Adds to-dos without the page, the last one on top. */
  async stock(texts) {
    for (const description of texts) {
      assert.equal((await this.post("/", { description })).status(), 303);
    }
    await this.page.reload();
  }

  /** Adds by the form. */
  async add(text) {
    await this.page.fill("#description", text);
    await this.change(() => this.page.press("#description", "Enter"));
  }

  /** The row with that text. */
  row(text, page = this.page) {
    const exactly = page.getByText(text, { exact: true });
    return page.locator("#todos > li").filter({ has: exactly });
  }

  /** The texts of the rows, in order. */
  texts(page = this.page) {
    return page.locator("#todos .text > span").allTextContents();
  }

  /** The words at the top of the list. */
  async said(page = this.page) {
    return (await page.locator("#status > span, #status > .failure").allInnerTexts()).join(" ");
  }

  /** The id of the element with the keyboard, or its class, or its name. */
  focused(page = this.page) {
    return page.evaluate(() => {
      const { id, className, localName } = document.activeElement;
      return id || className || localName;
    });
  }

  path() {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }

  /** A picture of the whole page, for people to look at. */
  async shoot(name) {
    if (!SCREENSHOTS) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    const size = this.page.viewportSize();
    // A viewport as high as the page, so that the background is drawn as people see it.
    const height = await this.page.evaluate(() => document.documentElement.scrollHeight);
    await this.page.setViewportSize({ ...size, height: Math.max(size.height, height) });
    const path = join(SCREENSHOTS, `${name.replace(/[^\w-]+/g, "-")}.png`);
    // Hiding the caret would take an inline style, which the policy of the pages forbids.
    await this.page.screenshot({ path, caret: "initial" });
    await this.page.setViewportSize(size);
  }

  async leave() {
    await Promise.all(this.#cookies);
    await this.context.close();
  }
}

async function noteCookie(response) {
  if (!SECRETS_FILE) return;
  const headers = await response.headersArray().catch(() => []);
  for (const { name, value } of headers) if (name.toLowerCase() === "set-cookie") noteValue(value);
}

function noteValue(header) {
  const value = header.split(";")[0].split("=")[1];
  if (SECRETS_FILE && value) appendFileSync(SECRETS_FILE, `${value}\n`);
}

/** `count` texts, the first one last. */
export const numbered = (count) => Array.from({ length: count }, (_, index) => `To-do ${count - index}`);
