/**
 * Who does what no resource of the provider does: a few constructs run a small program with `node` where Terraform runs, which logs in to OpenStack by
 * itself. `OpenStackControlPlane.adminAccess` is that of a cloud that was made here.
 */
export interface AdminAccess {
  /**
   * Name of an administrator's entry of clouds.yaml.
   * @default - `OS_CLOUD`, or the other `OS_…` variables where Terraform runs
   */
  readonly cloud?: string;
  /**
   * Path of the clouds.yaml on the machine that runs Terraform.
   * @default - `OS_CLIENT_CONFIG_FILE`, or where OpenStack's clients look for one
   */
  readonly cloudsYamlPath?: string;
}
