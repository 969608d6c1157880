// Gives the frame of a message the height of what is in it. The document inside can run nothing, so that reading it is safe.
export function hook(frames) {
  for (const frame of frames) {
    if (frame.isHooked) continue;
    frame.isHooked = true;
    frame.addEventListener("load", () => watch(frame));
    if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") watch(frame);
  }
}

function watch(frame) {
  const inside = frame.contentDocument?.body;
  if (!inside) return;
  const fit = () => { frame.style.height = `${inside.offsetHeight + (frame.contentDocument.documentElement.scrollWidth > frame.clientWidth ? 18 : 2)}px`; };
  new ResizeObserver(fit).observe(inside);
  frame.closest("details")?.addEventListener("toggle", fit);
  fit();
}
