/** A construct's id as a name in Kubernetes: `MyApp` and `my app` become `my-app`. */
export function kubernetesName(id: string): string {
  return id
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
