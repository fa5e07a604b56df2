/** What the OpenStack provider logs in with: `new OpenstackProvider(stack, 'OpenStack', { ...openstack.adminLogin })`. */
export interface OpenStackLogin {
  /** Keystone's URL. */
  readonly authUrl: string;
  /** Region. */
  readonly region: string;
  /** Name of the user. */
  readonly userName: string;
  /** Its password: a reference to the file, read when Terraform runs. It comes into no state and no plan by it. */
  readonly password: string;
  /** Name of the project. */
  readonly tenantName: string;
  /** Domain of the user. */
  readonly userDomainName: string;
  /** Domain of the project. */
  readonly projectDomainName: string;
  /**
   * Path of the CA that signed the endpoints' certificates.
   * @default - a CA that every system trusts
   */
  readonly cacertFile?: string;
}
