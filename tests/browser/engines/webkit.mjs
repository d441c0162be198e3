// WebKitGTK, the nearest to Safari that runs on Linux: its MiniBrowser by plain WebDriver, on a screen
// that nobody sees.

import { createServer } from "node:net";
import { clicking, dragging, pressing, typing } from "./actions.mjs";
import { makeHome, Program, surroundings } from "./process.mjs";

/** What the page of sessions calls it. */
export const device = "Safari on Linux";

let screen;

/** A browser of its own: a driver has one session, and a session keeps nothing. */
export async function enter({ javaScript, language = "en_US.UTF-8" }) {
  screen ??= startScreen();
  const { display } = await screen;
  const home = await makeHome();
  const port = await freePort();
  const env = surroundings(home.path, { DISPLAY: display, LANG: language });
  const driver = new Program("WebKitWebDriver", [`--port=${port}`], { env });
  const tab = new Tab(`http://127.0.0.1:${port}`, driver, home);
  await driver.until(() => tab.send("GET", "/status").catch(() => null));
  try {
    await tab.begin(javaScript);
  } catch (error) {
    await driver.stop(); // or the tests would never end
    throw error;
  }
  return tab;
}

export async function end() {
  await (await screen)?.program.stop();
}

async function startScreen() {
  const parameters = ["-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp"];
  const program = new Program("Xvfb", parameters, { stdio: ["pipe"] });
  let number = "";
  program.child.stdio[3].on("data", (data) => (number += data));
  await program.until(() => number.endsWith("\n"));
  return { program, display: `:${number.trim()}` };
}

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

class Tab {
  #driver;
  #program;
  #home;
  #session;

  constructor(driver, program, home) {
    Object.assign(this, { device });
    [this.#driver, this.#program, this.#home] = [driver, program, home];
  }

  async send(method, path, body) {
    // The driver of WebKitGTK 2.54.3 refuses text/plain, which fetch says of a text by itself; that of 2.50 took it.
    const sent = body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(this.#driver + path, { method, ...sent });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${path.replace(/.*\//, "")}: ${value.error}: ${value.message}`);
    return value;
  }

  async begin(javaScript) {
    const options = { args: ["--automation", `--enable-javascript=${javaScript}`] };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
    const { sessionId } = await this.send("POST", "/session", { capabilities });
    this.#session = `/session/${sessionId}`;
  }

  #post(path, body = {}) {
    return this.send("POST", this.#session + path, body);
  }

  open(url) {
    return this.#post("/url", { url });
  }

  run(source, args) {
    return this.#post("/execute/sync", { script: `return (${source})(...arguments)`, args });
  }

  click(x, y) {
    return this.#post("/actions", { actions: clicking(x, y) });
  }

  drag(pointerType, places) {
    return this.#post("/actions", { actions: dragging(pointerType, places) });
  }

  type(text) {
    return this.#post("/actions", { actions: typing(text) });
  }

  press(key) {
    return this.#post("/actions", { actions: pressing(key) });
  }

  back() {
    return this.#post("/back");
  }

  forward() {
    return this.#post("/forward");
  }

  address() {
    return this.send("GET", `${this.#session}/url`);
  }

  cookies() {
    return this.send("GET", `${this.#session}/cookie`);
  }

  /** Only for the site whose page is open. */
  setCookie({ name, value }) {
    return this.#post("/cookie", { cookie: { name, value, path: "/", httpOnly: true, sameSite: "Lax" } });
  }

  async close() {
    await this.send("DELETE", this.#session).catch(() => {}); // it may have gone by itself
    await this.#program.stop();
    await this.#home.remove();
  }
}
