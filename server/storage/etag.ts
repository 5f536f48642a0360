/**
 * A validator as RFC 9110 §8.8.3 writes it. Quotes are added where a server left them out (nephele
 * 1.0.0-alpha.67 does in listings); what cannot be one even then counts as none.
 */
export function parseEtag(value: string | undefined): string | null {
  const match = /^(W\/)?(?:"([^"]*)"|([^"]+))$/.exec(value?.trim() ?? "");
  const opaque = match?.[2] ?? match?.[3] ?? "";
  if (!match || !/^[\x21\x23-\x7e\x80-\xff]{1,256}$/.test(opaque)) return null;
  return `${match[1] ?? ""}"${opaque}"`;
}
