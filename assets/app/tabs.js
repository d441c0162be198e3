// Other tabs of this browser say when they have changed the list. Somebody else may be logged in there.

const channel = new BroadcastChannel("tickbox");

channel.addEventListener("message", ({ data }) => {
  const isNewer = data.account === account() && data.rev > revOf(find("#todos"));
  if (isNewer) document.dispatchEvent(new Event("tickbox:outdated"));
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST" || !ctx.response.raw.ok) return;
  channel.postMessage({ account: account(), rev: revOf(find("#count")) });
});
