/** How to see that a container works. */
export class HealthCheck {
  /** It accepts connections on its port. */
  public static tcp(): HealthCheck {
    return new HealthCheck('tcp');
  }

  /** It answers a GET on its port with a status from 200 to 399. */
  public static http(path: string): HealthCheck {
    return new HealthCheck('http', path);
  }

  /** A command in the container ends with 0. */
  public static command(command: string[]): HealthCheck {
    return new HealthCheck('command', undefined, command);
  }

  /** Not at all: it counts as working as soon as it runs. */
  public static none(): HealthCheck {
    return new HealthCheck('none');
  }

  private constructor(
    /** "tcp", "http", "command" or "none". */
    public readonly kind: string,
    /** Path of the GET. */
    public readonly path?: string,
    /** The command and its arguments. */
    public readonly commandLine?: string[],
  ) {}
}
