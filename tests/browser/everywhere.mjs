// Tests that every engine has to pass: they run in the one that ENGINE names, in Chromium unless it says otherwise.

import { after } from "node:test";
import { Screen } from "./screen.mjs";
import { base, scenarios, secret, Visitor } from "./visitor.mjs";

export { modes, numbered, secret } from "./visitor.mjs";
export const { ENGINE: engine = "chromium" } = process.env;

/** Somebody with an engine that is driven by its own protocol. */
class DrivenVisitor extends Visitor {
  static async enter(browser, { javaScript = true, line }) {
    const visitor = new DrivenVisitor({ base: line?.address ?? base, javaScript });
    const tab = await browser.enter({ javaScript, note: (text) => visitor.note(text) });
    visitor.screen = new Screen(tab, visitor);
    await visitor.screen.open("/login");
    return visitor;
  }

  /** Posts a form without a page, as the session that the browser has. */
  async post(path, form) {
    const { tab } = this.screen;
    const cookie = (await tab.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const url = new URL(path, this.base);
    const headers = { origin: this.base, cookie, "user-agent": await this.screen.run(() => navigator.userAgent) };
    const options = { method: "POST", headers, redirect: "manual" };
    const response = await fetch(url, { ...options, body: new URLSearchParams(form) });
    for (const header of response.headers.getSetCookie()) {
      const [name, value] = header.split(";")[0].split("=");
      await tab.setCookie({ name, value: secret(value), url });
    }
    return { status: () => response.status };
  }

  async logIn(password) {
    await super.logIn(password);
    for (const { value } of await this.screen.tab.cookies()) secret(value);
  }

  async shoot() {} // pictures are Chromium's

  leave() {
    return this.screen.tab.close();
  }
}

async function driven(name) {
  const browser = await import(`./engines/${name}.mjs`);
  after(browser.end);
  return (options) => DrivenVisitor.enter(browser, options);
}

const enter = engine === "chromium" ? (await import("./support.mjs")).enter : await driven(engine);

/** A test with a visitor of its own, in the engine of this run. */
export const scenario = scenarios(enter);
