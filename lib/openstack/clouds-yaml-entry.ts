/** What an entry of a clouds.yaml tells of its cloud. */
export interface CloudsYamlEntry {
  /** Keystone's URL, with /v3. */
  readonly authUrl: string;
  /** Region: `region_name`, else the first of `regions`. */
  readonly region: string;
  /**
   * The CA (PEM), the content of the file `cacert`.
   * @default - a CA that every system trusts
   */
  readonly caCertificatePem?: string;
}
