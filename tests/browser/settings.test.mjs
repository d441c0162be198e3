// The time zone that says what "today" is: guessed from the browser once, and set by a person.

import { assert, modes, scenario } from "./support.mjs";

const zone = (visitor) => visitor.page.inputValue("#time_zone");

/** What the list asks, and the script tells. */
const guessed = (page) => page.waitForResponse((response) => new URL(response.url()).pathname === "/settings");

scenario("the zone of the browser is told at the first visit, and only then", { timezoneId: "Asia/Calcutta" }, async (visitor) => {
  const { page } = visitor;
  await visitor.register();
  const told = guessed(page);
  await visitor.logInAs(visitor);
  assert.equal((await told).status(), 204);
  await page.goto("/settings");
  assert.match(await zone(visitor), /^Asia\/(Calcutta|Kolkata)$/);
  await page.fill("#time_zone", "America/Lima");
  await visitor.go(() => page.press("#time_zone", "Enter"));
  assert.equal(await zone(visitor), "America/Lima");
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/");
  await page.reload();
  assert(!asked.includes("/settings"), `${asked}`);
});

scenario("a zone that has been chosen meanwhile is not overwritten by a guess", { timezoneId: "Europe/Kiev" }, async (visitor) => {
  const { page } = visitor;
  await visitor.register();
  await page.route("**/settings", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await visitor.post("/settings", { time_zone: "UTC" });
    return route.continue();
  });
  const told = guessed(page);
  await visitor.logInAs(visitor);
  assert.equal((await told).status(), 204);
  await page.goto("/settings");
  assert.equal(await zone(visitor), "UTC");
});

scenario("what is overdue follows the zone that is guessed", { timezoneId: "Pacific/Kiritimati" }, async (visitor) => {
  const { page } = visitor;
  await visitor.register();
  assert.equal((await visitor.post("/login", visitor)).status(), 303);
  // Kiritimati is 14 hours ahead: the day in UTC is over there, or it is the same and the one before is.
  const there = new Intl.DateTimeFormat("sv", { timeZone: "Pacific/Kiritimati" }).format(new Date());
  const yesterday = new Date(Date.parse(there) - 86_400_000).toISOString().slice(0, 10);
  await visitor.post("/", { description: `Water the plants due:${yesterday}` });
  await visitor.post("/", { description: `Buy milk due:${there}` });
  await page.goto("/");
  await page.locator(".overdue").waitFor();
  assert.equal(await page.locator(".overdue").count(), 1);
});

for (const { javaScript, name } of modes) {
  scenario(`the time zone is set from the account page, ${name}`, { javaScript }, async (visitor) => {
    const { page } = visitor;
    visitor.expect(422);
    await visitor.signUp();
    await page.goto("/account");
    await visitor.go(() => page.getByRole("link", { name: "Set your time zone" }).click());
    await page.fill("#time_zone", "Nowhere/Land");
    await visitor.go(() => page.press("#time_zone", "Enter"));
    assert.match(await page.innerText("#time_zone-error"), /one of the IANA names/);
    assert.equal(await zone(visitor), "Nowhere/Land");
    await page.fill("#time_zone", "europe/vilnius");
    await visitor.go(() => page.getByRole("button", { name: "Save" }).click());
    assert.match(await page.innerText(".notice"), /^Your time zone is saved\. Today is .*, in the time zone Europe\/Vilnius\.$/);
    await page.goto("/");
    await visitor.add("Buy milk");
    await visitor.change(() => page.locator(".text > a").first().click());
    assert.match(await page.innerText(".edit .hint"), /in the time zone Europe\/Vilnius\. Change it$/);
  });
}
