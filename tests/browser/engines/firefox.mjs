// Firefox, by WebDriver BiDi over its own socket: nothing stands between.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import WebSocket from "ws";
import { clicking, dragging, pressing, typing } from "./actions.mjs";
import { makeHome, Program, surroundings } from "./process.mjs";

const { FIREFOX = "firefox-esr" } = process.env;

/** What the page of sessions calls it. */
export const device = "Firefox on Linux";

const browsers = new Map(); // one with JavaScript and one without: it is a setting of the whole browser

/** A window that shares nothing with the others. */
export async function enter({ javaScript, note }) {
  if (!browsers.has(javaScript)) browsers.set(javaScript, Browser.start(javaScript));
  const browser = await browsers.get(javaScript);
  const { userContext } = await browser.send("browser.createUserContext", {});
  const { context } = await browser.send("browsingContext.create", { type: "window", userContext });
  browser.listeners.set(context, note);
  return new Tab(browser, userContext, context);
}

export async function end() {
  for (const browser of browsers.values()) await (await browser).stop();
}

class Browser {
  listeners = new Map();
  #waiting = new Map();
  #last = 0;

  static async start(javaScript) {
    const browser = new Browser();
    browser.home = await makeHome();
    const settings = { "javascript.enabled": javaScript, "intl.accept_languages": "en-US, en" };
    const lines = Object.entries(settings).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
    await writeFile(join(browser.home.path, "user.js"), lines.join(""));
    const parameters = ["--headless", "--no-remote", "--profile", browser.home.path, "--remote-debugging-port=0"];
    browser.program = new Program(FIREFOX, parameters, { env: surroundings(browser.home.path) });
    const [, address] = await browser.program.until((said) => /BiDi listening on (ws:\S+)/.exec(said));
    await browser.connect(`${address}/session`);
    return browser;
  }

  async connect(address) {
    this.socket = new WebSocket(address);
    this.socket.on("message", (data) => this.#receive(JSON.parse(data)));
    this.socket.on("close", () => this.#waiting.forEach(({ fail, method }) => fail(new Error(`${method}: Firefox has gone`))));
    await new Promise((open, fail) => this.socket.once("open", open).once("error", fail));
    await this.send("session.new", { capabilities: {} });
    await this.send("session.subscribe", { events: ["log.entryAdded"] });
  }

  send(method, params) {
    const id = ++this.#last;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((done, fail) => this.#waiting.set(id, { done, fail, method }));
  }

  #receive({ type, id, result, error, message, method, params }) {
    if (method === "log.entryAdded" && params.level !== "info" && params.level !== "debug") {
      this.listeners.get(params.source.context)?.(`${params.level}: ${params.text}`);
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (type === "success") waiting.done(result);
    else if (type === "error") waiting?.fail(new Error(`${waiting.method}: ${error}: ${message}`));
  }

  async stop() {
    this.socket.terminate();
    await this.program.stop();
    await this.home.remove();
  }
}

class Tab {
  #browser;
  #userContext;
  #context;

  constructor(browser, userContext, context) {
    Object.assign(this, { device });
    [this.#browser, this.#userContext, this.#context] = [browser, userContext, context];
  }

  #send(method, params) {
    return this.#browser.send(method, { context: this.#context, ...params });
  }

  open(url) {
    return this.#send("browsingContext.navigate", { url, wait: "complete" });
  }

  async run(source, parameters) {
    const { result, exceptionDetails } = await this.#browser.send("script.callFunction", {
      functionDeclaration: `() => JSON.stringify((${source})(...${JSON.stringify(parameters)}))`,
      target: { context: this.#context },
      awaitPromise: false,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value === undefined ? undefined : JSON.parse(result.value);
  }

  async #perform(actions) {
    // Keys go to the window in front.
    await this.#send("browsingContext.activate");
    await this.#send("input.performActions", { actions });
  }

  click(x, y) {
    return this.#perform(clicking(x, y));
  }

  drag(pointerType, places) {
    return this.#perform(dragging(pointerType, places));
  }

  type(text) {
    return this.#perform(typing(text));
  }

  press(key) {
    return this.#perform(pressing(key));
  }

  back() {
    return this.#send("browsingContext.traverseHistory", { delta: -1 });
  }

  forward() {
    return this.#send("browsingContext.traverseHistory", { delta: 1 });
  }

  async address() {
    const { contexts } = await this.#browser.send("browsingContext.getTree", { root: this.#context, maxDepth: 0 });
    return contexts[0].url;
  }

  get #partition() {
    return { type: "storageKey", userContext: this.#userContext };
  }

  async cookies() {
    const { cookies } = await this.#browser.send("storage.getCookies", { partition: this.#partition });
    return cookies.map(({ name, value }) => ({ name, value: value.value }));
  }

  async setCookie({ name, value, url }) {
    const cookie = { name, value: { type: "string", value }, domain: new URL(url).hostname, httpOnly: true, sameSite: "lax" };
    await this.#browser.send("storage.setCookie", { cookie, partition: this.#partition });
  }

  async close() {
    this.#browser.listeners.delete(this.#context);
    await this.#browser.send("browser.removeUserContext", { userContext: this.#userContext });
  }
}
