/** The parts of a container image's name, in the terms of the distribution specification. */
export interface ImageReference {
  /** Host of the registry: `registry.k8s.io`. */
  readonly registry: string;
  /** What it is called there: `provider-os/cinder-csi-plugin`. */
  readonly path: string;
  /** Tag. Undefined if it isn't known, or if a digest alone says which. */
  readonly tag?: string;
  /** Digest: `sha256:…`. */
  readonly digest?: string;
}

/** Where a name without a registry is looked for. */
const DEFAULT_REGISTRY = 'docker.io';

/** Reads `registry/path:tag@digest`, with docker.io where there is no registry. The first part is a registry if it has a dot or a port, or is `localhost`. */
export function parseImage(reference: string): ImageReference {
  const [name, digest] = reference.split('@') as [string, string?];
  const colon = name.lastIndexOf(':');
  const tag = colon > name.lastIndexOf('/') ? name.slice(colon + 1) : undefined;
  const untagged = tag === undefined ? name : name.slice(0, colon);
  const slash = untagged.indexOf('/');
  const first = untagged.slice(0, Math.max(slash, 0));
  if (first !== '' && (/[.:]/.test(first) || first === 'localhost')) {
    return { registry: first, path: untagged.slice(slash + 1), tag, digest };
  }
  return { registry: DEFAULT_REGISTRY, path: slash < 0 ? `library/${untagged}` : untagged, tag, digest };
}

/** The reverse of `parseImage`. */
export function formatImage({ registry, path, tag, digest }: ImageReference): string {
  return `${registry}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
