// What every browser test shares: one Chromium, visitors who may tolerate no message in the console,
// and waiting that needs no sleeps.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { Screen } from "./screen.mjs";
import { base, scenarios, secret, Visitor } from "./visitor.mjs";

export { assert };
export { base, modes, numbered, secret } from "./visitor.mjs";

const { CHROMIUM = "/usr/bin/chromium", SCREENSHOTS } = process.env;
const quiet = ["gpu", "quic", "background-networking", "component-update", "sync"];
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-first-run", ...quiet.map((what) => `--disable-${what}`)],
  ignoreDefaultArgs: ["--disable-back-forward-cache"], // people's browsers keep pages in memory
  // It opens nothing but our own pages, and root, containers and some systems cannot have a sandbox.
  chromiumSandbox: false,
});
after(() => browser.close());

/** What the page of sessions calls it. */
const device = "Chrome on Linux";

/** A tab as [`Screen`] wants it. */
class Tab {
  constructor(page) {
    this.page = page;
    this.device = device;
  }

  open(address) {
    return this.page.goto(address);
  }

  run(source, parameters) {
    return this.page.evaluate(`(${source})(...${JSON.stringify(parameters)})`);
  }

  click(x, y) {
    return this.page.mouse.click(x, y);
  }

  async drag(pointerType, [start, ...places]) {
    if (pointerType === "mouse") {
      const { mouse } = this.page;
      await mouse.move(start.x, start.y);
      await mouse.down();
      for (const { x, y } of places) await mouse.move(x, y, { steps: 4 });
      await mouse.up();
      return;
    }
    // Playwright has no fingers that move.
    const session = await this.page.context().newCDPSession(this.page);
    const touch = (type, touchPoints) => session.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", [start]);
    for (const place of places) await touch("touchMove", [place]);
    await touch("touchEnd", []);
    await session.detach();
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  back() {
    return this.page.goBack({ waitUntil: "commit" });
  }

  forward() {
    return this.page.goForward({ waitUntil: "commit" });
  }

  address() {
    return this.page.url();
  }
}

/** Texts of tests have letters that no keyboard has, so a field is filled at once. */
class ChromiumScreen extends Screen {
  fill(target, text) {
    return this.tab.page.fill(target, text);
  }
}

/** Somebody with Chromium, who can do all that Playwright can. */
class ChromiumVisitor extends Visitor {
  #cookies = [];

  static async enter({ javaScript = true, line, ...options }) {
    const visitor = new ChromiumVisitor({ base: (await line)?.address ?? base, javaScript });
    visitor.context = await browser.newContext({
      baseURL: visitor.base,
      javaScriptEnabled: javaScript,
      timezoneId: "Asia/Kathmandu", // 5:45 off, so that no time is right by chance
      viewport: { width: 1000, height: 760 },
      ...options,
    });
    visitor.context.setDefaultTimeout(15_000);
    await visitor.context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    visitor.page = await visitor.tab();
    visitor.screen = visitor.on(visitor.page);
    return visitor;
  }

  /** What one sees and does in a tab of this browser, in words that every engine knows. */
  on(page) {
    return new ChromiumScreen(new Tab(page), this);
  }

  /** Another tab of the same browser. */
  async tab(address) {
    const page = await this.context.newPage();
    page.on("console", (message) => this.note(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.note(`error: ${error}`));
    page.on("dialog", (dialog) => (this.note(`dialog: ${dialog.message()}`), dialog.dismiss()));
    page.on("response", (response) => this.#cookies.push(response.headersArray().then(noteCookies, () => {})));
    if (address) await page.goto(address);
    return page;
  }

  /** Posts a form without a page. */
  async post(path, form) {
    const headers = { origin: this.base };
    const response = await this.context.request.post(path, { form, headers, maxRedirects: 0 });
    noteCookies(response.headersArray());
    return response;
  }

  /** The row with that text. */
  row(text, page = this.page) {
    const exactly = page.getByText(text, { exact: true });
    return page.locator("#todos > li").filter({ has: exactly });
  }

  texts(page = this.page) {
    return this.on(page).texts();
  }

  said(page = this.page) {
    return this.on(page).said();
  }

  focused(page = this.page) {
    return this.on(page).focused();
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

function noteCookies(headers) {
  for (const { name, value } of headers) {
    if (name.toLowerCase() === "set-cookie") secret(value.split(";")[0].split("=")[1]);
  }
}

export const enter = ChromiumVisitor.enter;

/** A test with a visitor of its own, in Chromium. */
export const scenario = scenarios(enter);
