// Other tabs of this browser say when they have changed the list. Somebody else may be logged in there.

const others = new BroadcastChannel("tickbox");

others.addEventListener("message", ({ data }) => {
  const isNews = data.account === account() && data.rev > revOf(find("#todos"));
  if (isNews) document.dispatchEvent(new Event("tickbox:behind"));
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST" || !ctx.response.raw.ok) return;
  others.postMessage({ account: account(), rev: revOf(find("#count")) });
});
