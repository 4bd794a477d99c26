const MAX_LENGTH = 80;

/** FNV-1a over UTF-16 code units, 32 bits as 8 hex digits. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/** A bucket as a directory's name: lower case, `-` between words, at most 80 characters; long ones end in a hash. */
export function bucketSlug(bucket: string): string {
  const slug = bucket
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (slug === '') return `bucket-${shortHash(bucket)}`;
  if (slug.length <= MAX_LENGTH) return slug;
  return `${slug.slice(0, MAX_LENGTH - 9).replace(/-+$/, '')}-${shortHash(bucket)}`;
}
