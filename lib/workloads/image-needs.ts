/** What the documentation of a well-known image asks of whoever runs it. */
export interface ImageNeeds {
  /** The user that the image was built for. */
  readonly runAsUser?: number;
  /** Environment that it needs on a volume. */
  readonly env?: { readonly [name: string]: string };
  /** Why the image will not take a volume at that path, and where it will. */
  readonly mountPathRefusal?: string;
  /** Names of variables, one of which must hold a password. The first is what is generated. */
  readonly password?: readonly string[];
}

/**
 * What an image needs beside an address and a volume. Official images of Docker Hub only, whose documentation is the source: an image of the
 * same name elsewhere may be anything.
 */
export function imageNeeds(image: string, mountPath: string): ImageNeeds {
  const { name, tag } = parseImage(image);
  if (name !== 'postgres') return {};
  return {
    // "postgres" is 999 in the images on Debian, 70 in those on Alpine.
    runAsUser: /alpine/.test(tag) ? 70 : 999,
    // A new file system has a folder lost+found, and initdb wants its own folder empty and its own.
    env: { PGDATA: `${mountPath.replace(/\/+$/, '')}/pgdata` },
    // From 18 on the entrypoint stops if a volume lies where older versions had their data.
    ...(Number(/^\d+/.exec(tag)?.[0] ?? 0) >= 18 && DATA_BEFORE_18.test(mountPath) ? { mountPathRefusal: 'mount it at /var/lib/postgresql' } : {}),
    password: ['POSTGRES_PASSWORD', 'POSTGRES_PASSWORD_FILE', 'POSTGRES_HOST_AUTH_METHOD'],
  };
}

const DATA_BEFORE_18 = /^\/var\/lib\/postgresql\/data\/*$/;

/** Name of an official image, without what can be left out, and its tag. */
function parseImage(image: string): { readonly name: string; readonly tag: string } {
  const [, name = image, tag = 'latest'] = /^(?:(?:docker\.io|index\.docker\.io)\/)?(?:library\/)?([^/:@]+)(?::([^@]+))?(?:@.*)?$/.exec(image) ?? [];
  return { name, tag };
}
