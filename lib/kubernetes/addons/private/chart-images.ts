import { ChartValues } from '../../../core/helm-release';
import { formatImage, ImageReference, parseImage } from '../../../core/image-reference';
import { ImageRegistries } from '../../../core/image-registries';
import { isKnown } from '../../../core/validation';

/** An image that a chart makes a cluster run, and where the chart's values take it from: paths like `csi.plugin.image.repository`. */
export interface ChartImage {
  /** As its makers publish it: `registry.k8s.io/sig-storage/csi-attacher:v4.10.0`. Without a tag if it isn't recorded for this version of the chart. */
  readonly image: string;
  /** Takes registry and path, without the tag. */
  readonly repository?: string;
  /** Takes the registry alone. */
  readonly registry?: string;
  /** Takes the path alone, where the registry is apart. */
  readonly path?: string;
  /** Takes the tag. */
  readonly tag?: string;
  /** Takes all in one. */
  readonly reference?: string;
}

/** What the values of a chart must say so that its images come from where they are to come from. Nothing for images that stay where they are. */
export function imageValues(images: readonly ChartImage[], registries: ImageRegistries): ChartValues {
  return images.reduce<ChartValues>((values, slots) => {
    const original = parseImage(slots.image);
    const { registry, path, tag, digest } = registries._image(original);
    if (registry === original.registry && path === original.path) return values;
    const full: readonly (readonly [string | undefined, string])[] = [
      [slots.repository, `${registry}/${path}`],
      [slots.registry, slots.path === undefined ? [registry, ...path.split('/').slice(0, -original.path.split('/').length)].join('/') : registry],
      [slots.path, path],
      [slots.reference, formatImage({ registry, path, tag, digest })],
    ];
    return full.reduce((sum, [slot, value]) => (slot === undefined ? sum : merge(sum, nested(slot, value))), values);
  }, {});
}

/** True if the chart's values can say where the image comes from. */
export function isReplaceable(slots: ChartImage): boolean {
  return (slots.repository ?? slots.registry ?? slots.reference) !== undefined;
}

/** The image that runs in the end: what the values say, else what the chart has by itself. */
export function imageInEffect(slots: ChartImage, values: ChartValues): string {
  const said = (slot: string | undefined): string | undefined => {
    const value = slot === undefined ? undefined : at(values, slot);
    return (typeof value === 'string' || typeof value === 'number') && isKnown(value) && value !== '' ? String(value) : undefined;
  };
  const whole = said(slots.reference);
  if (whole !== undefined) return formatImage(parseImage(whole));
  const original = parseImage(slots.image);
  const repository = said(slots.repository);
  const named: ImageReference =
    repository === undefined
      ? { ...original, registry: said(slots.registry) ?? original.registry, path: said(slots.path) ?? original.path }
      : { ...original, ...parseImage(repository), tag: original.tag };
  return formatImage({ ...named, tag: said(slots.tag) ?? named.tag });
}

/** Merges values as Helm does: maps deeply, everything else replaced. */
export function merge(under: ChartValues, over: ChartValues): ChartValues {
  return Object.entries(over).reduce<ChartValues>(
    (sum, [key, value]) => ({ ...sum, [key]: isMap(value) && isMap(own(sum, key)) ? merge(sum[key], value) : value }),
    under,
  );
}

function isMap(value: unknown): value is ChartValues {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function own(values: ChartValues, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

function nested(path: string, value: string): ChartValues {
  return path.split('.').reduceRight<any>((inner, key) => ({ [key]: inner }), value);
}

function at(values: ChartValues, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isMap(value) ? own(value, key) : undefined), values);
}
