// Pictures as they go into the text: small enough for a mail, and for a draft that is saved as it is typed.
const WIDEST = 1400; // pixels
const SHOWN = 640; // pixels across a mail
const LIGHT = 400_000; // bytes of a file that stays as it is
const HEAVIEST = 900_000; // characters of a picture in the text
const MOST = 4_000_000; // of all of them together
export const BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
const KINDS = /^image\/(png|jpeg|gif|webp)$/;
const TRIES = [["image/jpeg", 0.86, 1], ["image/jpeg", 0.78, 0.8], ["image/jpeg", 0.7, 0.6]];

// The address that holds the picture and its width in the mail; nothing for what no mail shows, or what stays too large.
export async function forText(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  const width = bitmap.width > SHOWN ? SHOWN : undefined;
  const isFine = KINDS.test(file.type) && bitmap.width <= WIDEST && file.size <= LIGHT;
  if (isFine || (file.type === "image/gif" && file.size < HEAVIEST * 0.75)) return { url: await readAsUrl(file), width };
  if (file.type === "image/gif") return null; // it may move: a still of it would be another picture
  const tries = file.type === "image/jpeg" ? TRIES : [["image/png", 1, 1], ...TRIES];
  for (const [type, quality, scale] of tries) {
    const url = drawn(bitmap, type, quality, Math.min(1, (WIDEST * scale) / bitmap.width));
    if (url.length <= HEAVIEST) return { url, width };
  }
  return null;
}

export function fits(root, url) {
  const weights = [...root.querySelectorAll('img[src^="data:"]')].map((image) => image.getAttribute("src").length);
  return weights.reduce((sum, weight) => sum + weight, url.length) <= MOST;
}

// Pictures within pasted HTML are made as small as those that are inserted, before a draft is saved with them: a blank stands in
// for each meanwhile. What is too much for the text goes to `attach`.
export async function shrinkPasted(fragment, root, attach) {
  const large = [...fragment.querySelectorAll('img[src^="data:"]')].filter((image) => image.getAttribute("src").length > HEAVIEST);
  const files = large.map((image) => asFile(image.getAttribute("src"), image.alt));
  for (const image of large) image.setAttribute("src", BLANK);
  for (const [index, image] of large.entries()) {
    const found = await forText(files[index]);
    if (found && fits(root, found.url)) image.setAttribute("src", found.url);
    else { image.remove(); attach(files[index]); }
  }
  return large.length > 0;
}

function drawn(bitmap, type, quality, scale) {
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
  const context = canvas.getContext("2d");
  if (type === "image/jpeg") {
    context.fillStyle = "#fff"; // behind what was transparent
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL(type, quality);
}

function readAsUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
}

function asFile(url, name) {
  const [head, content] = url.split(","), type = head.slice(5).split(";")[0];
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  return new File([bytes], `${name || "image"}.${type.slice(6)}`, { type });
}
