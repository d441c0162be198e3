// Nothing that people type becomes markup, and all of it comes back.

import { assert, modes, scenario } from "./support.mjs";
import { fiveHundred, hostile } from "./hostile.mjs";

for (const { javaScript, name } of modes) {
  scenario(`${hostile.length} hostile texts are only texts, ${name}`, { javaScript }, async (visitor) => {
    const { page } = visitor;
    await visitor.signUp();
    for (const text of hostile) {
      await visitor.add(text);
      const row = page.locator("#todos > li").first();
      assert.equal(await row.locator(".text > a").textContent(), text);
      assert.equal(await row.locator(".remove bdi").textContent(), text);
      if (javaScript) assert.equal(await page.locator("#status bdi").textContent(), text);
    }
    if (javaScript) await completeAndReopen(visitor, 10);

    await page.reload();
    const first = await visitor.texts();
    await visitor.change(() => page.click("#more a"));
    const texts = await visitor.texts();
    const all = javaScript ? texts : [...first, ...texts];
    assert.deepEqual(all, [...hostile].reverse());
    assert.equal(await page.locator("#todos .text > a > *").count(), 0);
    assert.equal(await page.evaluate(() => window.executed), undefined);
  });
}

scenario("none of five hundred hostile texts executes", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  assert.equal(fiveHundred.length, 500);
  await page.evaluate(async (texts) => {
    for (const description of texts) {
      const form = new URLSearchParams({ description });
      await fetch("/", { method: "POST", body: form, redirect: "manual" });
    }
  }, fiveHundred);
  await page.reload();
  while (await page.locator("#more a").count()) await visitor.change(() => page.click("#more a"));
  assert.deepEqual(await visitor.texts(), [...fiveHundred].reverse());
  assert.equal(await page.locator("#todos .text > a > *").count(), 0);
  assert.equal(await page.evaluate(() => window.executed), undefined);
});

/** Has the first rows morphed, which must leave their texts alone. */
async function completeAndReopen(visitor, count) {
  for (let index = 0; index < count; index++) {
    const check = visitor.page.locator(".check").nth(index);
    for (const done of ["true", "false"]) {
      await visitor.change(() => check.click());
      assert.equal(await check.getAttribute("aria-checked"), done);
    }
  }
}

scenario("hostile texts come back in a refused form, too", {}, async (visitor) => {
  const { page, context } = visitor;
  await visitor.signUp();
  visitor.expect(403, 422);
  for (const text of hostile.filter((text) => text.includes("executed"))) {
    const long = text.padEnd(201, "x");
    await visitor.add(long);
    assert.equal(await page.inputValue("#description"), long);
    await context.clearCookies();
    await visitor.go(() => page.evaluate(() => document.querySelector("#add").submit()));
    assert.equal(await page.inputValue("form [name=description]"), long, "on the login page");
    await visitor.logIn();
    assert.equal(await page.inputValue("#description"), long, "in the list that it leads to");
  }
  assert.equal(await page.evaluate(() => window.executed), undefined);
});
