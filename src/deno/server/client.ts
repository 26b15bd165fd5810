import type { IServerAddress } from './servers';
import { RoomError, sentenceOf, withoutPermission } from './errors';

const TIMEOUT_MS = 10_000;

/** Asks one Jupyter server over HTTP; its token goes nowhere else. */
export class Client {
  /** @param _hasNoToken - whether the server itself knows of no token */
  constructor(
    { url, token }: IServerAddress,
    private readonly _hasNoToken = false
  ) {
    this.url = baseUrl(url);
    this.#token = token;
  }

  /** Where the server is; ends with a slash and holds no token. */
  readonly url: URL;

  /**
   * The JSON at a path of the server's, such as `api/sessions`.
   *
   * @throws RoomError as `request`
   */
  async json(path: string): Promise<unknown> {
    const response = await this.request('GET', path);
    try {
      return (await response.json()) as unknown;
    } catch {
      throw new RoomError(
        'strange-answer',
        `What answers at ${this.url} is no Jupyter server: check the address.`
      );
    }
  }

  /**
   * Ask the server.
   *
   * @throws RoomError `unreachable`, `wrong-token`, `password-only` or, for what is
   *   not there any more, `kernel-gone`
   */
  async request(method: string, path: string): Promise<Response> {
    const response = await this._fetch(method, path);
    if (response.ok && !/\/login$/.test(new URL(response.url).pathname)) {
      return response;
    }
    await response.body?.cancel();
    throw this._errorOf(response.status, path);
  }

  /** The address of a WebSocket of the server's. */
  socketUrl(path: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(path, this.url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const token = this.#token;
    const all = token === '' ? query : { ...query, token };
    url.search = new URLSearchParams(all).toString();
    return url;
  }

  private async _fetch(method: string, path: string): Promise<Response> {
    const token = this.#token;
    try {
      return await fetch(new URL(path, this.url), {
        method,
        headers: token === '' ? {} : { Authorization: `token ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MS)
      });
    } catch (error) {
      const refused = withoutPermission(error, `--allow-net=${this.url.host}`);
      throw refused instanceof RoomError
        ? refused
        : new RoomError(
            'unreachable',
            `Nothing answers at ${this.url}: is the server running? (${this._clean(sentenceOf(error))})`
          );
    }
  }

  private _errorOf(status: number, path: string): RoomError {
    if (status === 404 && !/^api\/kernels\/./.test(path)) {
      return new RoomError(
        'strange-answer',
        `There is no Jupyter server at ${this.url}: check the address, of which a part may be missing, such as /user/ada/.`
      );
    }
    if (status === 404) {
      return new RoomError(
        'kernel-gone',
        'The server does not know it any more: its kernel was shut down meanwhile.'
      );
    }
    if (![200, 401, 403].includes(status)) {
      return new RoomError(
        'strange-answer',
        `The server at ${this.url} answered with status ${status}.`
      );
    }
    if (this.#token !== '') {
      return new RoomError(
        'wrong-token',
        `The server at ${this.url} refused the token. \`jupyter server list\` shows the right one; pass it: connect({ url, token }).`
      );
    }
    return this._hasNoToken
      ? new RoomError(
          'password-only',
          `The server at ${this.url} asks for a password and has no token. Start it with one (--IdentityProvider.token=...), and pass it: connect({ url, token }).`
        )
      : new RoomError(
          'wrong-token',
          `The server at ${this.url} needs a token. \`jupyter server list\` shows it, if there is one; pass it: connect({ url, token }).`
        );
  }

  /** Truly private: printing a room must not show it. */
  readonly #token: string;

  /** Errors of others may quote an address. */
  private _clean(text: string): string {
    const token = this.#token;
    return token === '' ? text : text.split(token).join('…');
  }
}

function baseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RoomError(
      'bad-argument',
      'The url should be an address such as http://localhost:8888/.'
    );
  }
  url.search = '';
  url.hash = '';
  url.username = '';
  url.password = '';
  url.pathname = url.pathname.replace(/\/?((lab|tree)(\/.*)?)?$/, '/');
  return url;
}
