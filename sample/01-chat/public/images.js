// Prepares an image file for sending: measures it and makes it small enough for the server. Photos are scaled down.
const TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_SIDE = 2048;

/** The images among dropped, pasted or chosen files. */
export const imagesOf = (files) => [...(files ?? [])].filter((file) => file.type.startsWith('image/'));

export async function prepare(file) {
  if (!TYPES.has(file.type)) throw new Error('Only PNG, JPEG, GIF and WebP images can be sent.');
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This image cannot be read.');
  });
  try {
    const fits = file.size <= MAX_BYTES && Math.max(bitmap.width, bitmap.height) <= MAX_SIDE * 4;
    if (fits) return pictureOf(file, bitmap.width, bitmap.height);
    if (file.type === 'image/gif') throw new Error('An animated image must not exceed 2 MB.');
    return await shrink(bitmap);
  } finally {
    bitmap.close();
  }
}

async function shrink(bitmap) {
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.86, 0.7, 0.5]) {
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', quality));
    if (blob && blob.size <= MAX_BYTES) return pictureOf(blob, canvas.width, canvas.height);
  }
  throw new Error('This image is too large to send.');
}

async function pictureOf(blob, width, height) {
  return { data: await blob.arrayBuffer(), type: blob.type, width, height };
}
