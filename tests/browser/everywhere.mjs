// Tests that every engine has to pass: they run in the one that ENGINE names, in Chromium unless it says otherwise.

import { request } from "node:http";
import { after } from "node:test";
import { Screen } from "./screen.mjs";
import { base, scenarios, secret, Visitor } from "./visitor.mjs";

export { modes, numbered, secret } from "./visitor.mjs";
export const { ENGINE: engine = "chromium" } = process.env;

/** Somebody with an engine that is driven by its own protocol. */
class DrivenVisitor extends Visitor {
  static async enter(browser, { javaScript = true, line, language }) {
    const visitor = new DrivenVisitor({ base: (await line)?.address ?? base, javaScript });
    const tab = await browser.enter({ javaScript, language, note: (text) => visitor.note(text) });
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
    const response = await send(url, headers, new URLSearchParams(form).toString());
    for (const header of response.headers["set-cookie"] ?? []) {
      const [name, value] = header.split(";")[0].split("=");
      if (value) await tab.setCookie({ name, value: secret(value), url });
    }
    return { status: () => response.statusCode };
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

/** Not by fetch: that of Debian's Node 18 cannot tell cookies apart. */
function send(url, headers, body) {
  const type = { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) };
  return new Promise((answered, fail) => {
    const answer = (response) => response.resume().on("end", () => answered(response));
    request(url, { method: "POST", headers: { ...headers, ...type } }, answer).on("error", fail).end(body);
  });
}

async function driven(name) {
  const browser = await import(`./engines/${name}.mjs`);
  after(browser.end);
  return (options) => DrivenVisitor.enter(browser, options);
}

const enter = engine === "chromium" ? (await import("./support.mjs")).enter : await driven(engine);

/** A test with a visitor of its own, in the engine of this run. */
export const scenario = scenarios(enter);
