/** GiB in each unit that Kubernetes writes a quantity in. */
const GIB: { readonly [unit: string]: number } = Object.fromEntries([
  ['', 1 / 1024 ** 3],
  ...['k', 'M', 'G', 'T', 'P'].map((unit, i) => [unit, 1000 ** (i + 1) / 1024 ** 3]),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi'].map((unit, i) => [unit, 1024 ** (i - 2)]),
]);

/** A size that no claim asks for: what a quantity counts as that can't be read, so that nothing is lost for a unit that isn't known here. */
const UNREADABLE = 1e15;

/**
 * Terraform's condition for: none of these claims (objects as the API server has them) is larger than that.
 *
 * @param objects an expression without braces: `data.kubernetes_resources.x.objects`
 */
export function growsOnly(objects: string, sizeGib: number): string {
  // What a volume has counts; a claim that isn't bound has none, and no data either.
  const capacity = 'try(claim.status.capacity.storage, "0Gi")';
  const amount = `try(tonumber(regex("^[0-9]+", ${capacity})), ${UNREADABLE})`;
  const unit = `lookup(${JSON.stringify(GIB)}, replace(${capacity}, "/^[0-9]+/", ""), ${UNREADABLE})`;
  return `\${alltrue([for claim in ${objects} : ${amount} * ${unit} <= ${sizeGib}])}`;
}

/** Terraform's condition for: each of these claims was made from that source; without one, from none. */
export function keepsSource(objects: string, source: { readonly kind: string; readonly sourceName: string } | undefined): string {
  const found = 'try("${claim.spec.dataSource.kind}/${claim.spec.dataSource.name}", "")';
  const wanted = source ? `${source.kind}/${source.sourceName}` : '';
  return `\${alltrue([for claim in ${objects} : ${found} == ${JSON.stringify(wanted)}])}`;
}
