/** Who a user is, and where. Of each pair of id and name one is given. */
export interface CloudUser {
  /**
   * Keystone's id of the user.
   * @default - the user is given by name
   */
  readonly userId?: string;
  /**
   * The user's name. Needs a domain.
   * @default - the user is given by id
   */
  readonly userName?: string;
  /**
   * Id of the user's domain.
   * @default - given by name, or not needed
   */
  readonly userDomainId?: string;
  /**
   * Name of the user's domain.
   * @default - given by id, or not needed
   */
  readonly userDomainName?: string;
}

/** A project, by id or by name and domain. */
export interface CloudProject {
  /**
   * Keystone's id of the project.
   * @default - the project is given by name
   */
  readonly projectId?: string;
  /**
   * The project's name. Needs a domain.
   * @default - the project is given by id
   */
  readonly projectName?: string;
  /**
   * Id of the project's domain.
   * @default - given by name, or not needed
   */
  readonly projectDomainId?: string;
  /**
   * Name of the project's domain.
   * @default - given by id, or not needed
   */
  readonly projectDomainName?: string;
}

/** Login by name and password. */
export interface PasswordAuthentication extends CloudUser, CloudProject {
  /** The password: a reference, never a literal. */
  readonly password: string;
}

/** Login by a trust, as Magnum makes them. */
export interface TrustAuthentication {
  /** Id of the trust. */
  readonly trustId: string;
  /** Id of the user who is trusted. */
  readonly trusteeId: string;
  /** The trusted user's password: a reference, never a literal. */
  readonly trusteePassword: string;
}

/** Login by an application credential that is known by its name. */
export interface NamedCredentialAuthentication extends CloudUser {
  /** Name of the application credential. It is unique for its user alone. */
  readonly name: string;
  /** Its secret: a reference, never a literal. */
  readonly secret: string;
}

/** A TLS client certificate, for clouds that ask for one. */
export interface CloudClientCertificate {
  /** Certificate, PEM. */
  readonly certificatePem: string;
  /** Key, PEM: a reference, never a literal. */
  readonly keyPem: string;
}

/** What says who somebody is, in cloud.conf's keys of `[Global]`. */
interface Keys {
  readonly [key: string]: string | undefined;
}

/** How a cluster's controllers log in to OpenStack, where it isn't by the cluster's application credential. */
export class CloudAuthentication {
  /** By a user's name and password: for clouds whose application credentials are forbidden. The controllers can do all that the user can. */
  public static password(options: PasswordAuthentication): CloudAuthentication {
    return new CloudAuthentication('password', { ...user(options), ...project(options), password: options.password }, ['password'], true, true);
  }

  /** By a trust, as Magnum makes them. */
  public static trust(options: TrustAuthentication): CloudAuthentication {
    return new CloudAuthentication(
      'trust',
      { 'trust-id': options.trustId, 'trustee-id': options.trusteeId, 'trustee-password': options.trusteePassword },
      ['trustee-password'],
      false,
      false,
    );
  }

  /** By an application credential that is known by its name, which needs the user as well. */
  public static namedCredential(options: NamedCredentialAuthentication): CloudAuthentication {
    return new CloudAuthentication(
      'application credential by name',
      { ...user(options), 'application-credential-name': options.name, 'application-credential-secret': options.secret },
      ['application-credential-secret'],
      true,
      false,
    );
  }

  private constructor(
    /** @internal */
    public readonly _name: string,
    /** @internal */
    public readonly _keys: Keys,
    /** Keys that are secrets. @internal */
    public readonly _secrets: readonly string[],
    /** Whether a user must be named. @internal */
    public readonly _needsUser: boolean,
    /** Whether a project must be named. @internal */
    public readonly _needsProject: boolean,
  ) {}
}

function user(options: CloudUser): Keys {
  return {
    'user-id': options.userId,
    username: options.userName,
    'user-domain-id': options.userDomainId,
    'user-domain-name': options.userDomainName,
  };
}

function project(options: CloudProject): Keys {
  return {
    'tenant-id': options.projectId,
    'tenant-name': options.projectName,
    'tenant-domain-id': options.projectDomainId,
    'tenant-domain-name': options.projectDomainName,
  };
}
