// Somebody with a browser, whatever the engine.

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { test } from "node:test";

const { TICKBOX_URL, SECRETS_FILE } = process.env;
assert(TICKBOX_URL, "Set TICKBOX_URL to the address of a running Tickbox, such as http://127.0.0.1:8080");

export const base = TICKBOX_URL.replace(/\/$/, "");

/** Both ways to use the pages. */
export const modes = [
  { javaScript: true, name: "with JavaScript" },
  { javaScript: false, name: "without JavaScript" },
];

/** A password or a cookie, noted so that a sweep of the logs can look for it. */
export function secret(text) {
  if (SECRETS_FILE && text) appendFileSync(SECRETS_FILE, `${text}\n`);
  return text;
}

/** `count` texts, the first one last. */
export const numbered = (count) => Array.from({ length: count }, (_, index) => `To-do ${count - index}`);

let visitors = 0;

export class Visitor {
  surprises = [];
  expected = [];

  constructor({ base, javaScript }) {
    Object.assign(this, { base, javaScript });
    this.number = ++visitors;
    this.username = `visitor-${process.pid}-${this.number}-${Date.now()}`;
    this.password = secret(`shelf lamp river ${process.pid} ${this.number}`);
  }

  /** From here on the console may say this, which Chromium does on every refused form. */
  expect(...words) {
    this.expected.push(...words.map((word) => (typeof word === "number" ? `status of ${word}` : word)));
  }

  note(text) {
    if (!this.expected.some((words) => text.includes(words))) this.surprises.push(text);
  }

  go(act) {
    return this.screen.go(act);
  }

  change(act) {
    return this.screen.change(act);
  }

  /** Makes an account, the quick way. */
  async register({ firstName = "Ona" } = {}) {
    const { username, password } = this;
    const names = { first_name: firstName, last_name: "Petraitė", username };
    const registered = await this.post("/register", { ...names, password, password_again: password });
    assert.equal(registered.status(), 303);
  }

  /** Makes an account and logs in, the quick way. */
  async signUp(names) {
    await this.register(names);
    await this.logInAs(this);
  }

  /** Logs in, the quick way, and opens the list. */
  async logInAs({ username, password }) {
    assert.equal((await this.post("/login", { username, password })).status(), 303);
    await this.screen.open("/");
  }

  /** Logs in by the page that is open. */
  async logIn(password = this.password) {
    await this.screen.fill("#username", this.username);
    await this.screen.fill("#password", password);
    await this.go(() => this.screen.click("form .button"));
  }

  /** Adds to-dos without the page, the last one on top. */
  async stock(texts) {
    for (const description of texts) {
      assert.equal((await this.post("/", { description })).status(), 303);
    }
    await this.screen.reload();
  }

  /** Adds by the form. */
  async add(text) {
    await this.screen.fill("#description", text);
    await this.change(() => this.screen.press("Enter"));
  }
}

/** What makes tests with a visitor of their own, which fail on anything unexpected that the browser reports. `skip`
    is the reason why one cannot hold in this engine. */
export function scenarios(enter) {
  return function scenario(name, { skip = false, ...options }, body) {
    test(name, { timeout: 120_000, skip }, async () => {
      const visitors = [];
      const another = async (more) => {
        const visitor = await enter({ ...options, ...more });
        visitors.push(visitor);
        return visitor;
      };
      try {
        await body(await another(), another);
        for (const { surprises } of visitors) assert.deepEqual(surprises, []);
      } catch (error) {
        await visitors[0]?.shoot(`failed ${name}`);
        throw error;
      } finally {
        for (const visitor of visitors) await visitor.leave();
      }
    });
  };
}
