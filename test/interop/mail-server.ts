import type { Bytes, ListeningPort, Transport } from "../../src/contract/index.ts";
import { FramedProtocol, lineCodec } from "../../src/framing/index.ts";
import type { StartTlsOptions } from "../../src/layers/tls/index.ts";
import { startTls } from "../../src/layers/tls/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";

/** What a mail server of a test was told. */
export interface Heard {
  /** Every command, `tls` before those that came over TLS. */
  readonly commands: string[];
  /** The letters it took. */
  readonly letters: string[];
  /** Told how an upgrade that did not come about failed. */
  readonly upgradeFailed: (message: string) => void;
}

export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly heard: Heard;
  /** How the first upgrade that did not come about failed. */
  readonly failure: Promise<string>;
}

/** A mail server, as small as one can be, that upgrades its connections. */
export async function mailServer(
  kind: "smtp" | "imap",
  options: Omit<StartTlsOptions, "role">,
): Promise<MailServer> {
  let upgradeFailed!: (message: string) => void;
  const failure = new Promise<string>((resolve) => (upgradeFailed = resolve));
  const heard: Heard = { commands: [], letters: [], upgradeFailed };
  const given: StartTlsOptions = { ...options, role: "server" };
  const make = (): MailSession =>
    kind === "smtp" ? new Smtp(given, heard) : new Imap(given, heard);
  const listening: ListeningPort = await tcp({ port: 0 }).listen(make);
  const { port } = listening.getHost() as { readonly port: number };
  return { port, heard, failure, [Symbol.asyncDispose]: () => listening.stopListening() };
}

abstract class MailSession extends FramedProtocol {
  protected readonly options: StartTlsOptions;
  protected readonly heard: Heard;
  protected readonly isSecure: boolean;

  constructor(options: StartTlsOptions, heard: Heard, isSecure = false) {
    super(lineCodec());
    this.options = options;
    this.heard = heard;
    this.isSecure = isSecure;
  }

  protected abstract command(line: string): void;
  /** What goes on over TLS: a new one, that has forgotten all it was told in plaintext. */
  protected abstract successor(): MailSession;

  protected override frameReceived(frame: Bytes): void {
    const line = new TextDecoder().decode(frame);
    this.heard.commands.push(`${this.isSecure ? "tls " : ""}${line}`);
    this.command(line);
  }

  protected say(...lines: readonly string[]): void {
    this.transport.write(new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join("")));
  }

  protected upgrade(): void {
    startTls(this.transport, this.options, this.successor()).catch((error: Error) =>
      this.heard.upgradeFailed(error.message),
    );
  }
}

class Smtp extends MailSession {
  #letter: string[] | null = null;

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    if (!this.isSecure) this.say("220 mail.test");
  }

  protected override successor(): MailSession {
    return new Smtp(this.options, this.heard, true);
  }

  protected override command(line: string): void {
    if (this.#letter !== null) this.#letterLine(this.#letter, line);
    else if (/^EHLO/i.test(line)) this.#greet();
    else if (/^STARTTLS$/i.test(line)) {
      this.say("220 go ahead");
      this.upgrade();
    } else if (/^DATA$/i.test(line)) {
      this.#letter = [];
      this.say("354 end with a dot");
    } else if (/^QUIT$/i.test(line)) {
      this.say("221 bye");
      this.loseConnection();
    } else this.say("250 ok");
  }

  #greet(): void {
    this.say(...(this.isSecure ? ["250 mail.test"] : ["250-mail.test", "250 STARTTLS"]));
  }

  #letterLine(letter: string[], line: string): void {
    if (line !== ".") {
      letter.push(line);
      return;
    }
    this.heard.letters.push(letter.join("\n"));
    this.#letter = null;
    this.say("250 taken");
  }
}

class Imap extends MailSession {
  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    if (!this.isSecure) this.say("* OK ready");
  }

  protected override successor(): MailSession {
    return new Imap(this.options, this.heard, true);
  }

  protected override command(line: string): void {
    const [tag = "*", name = ""] = line.split(" ");
    if (/^CAPABILITY$/i.test(name)) {
      const more = this.isSecure ? "AUTH=PLAIN" : "STARTTLS";
      this.say(`* CAPABILITY IMAP4rev1 ${more}`, `${tag} OK done`);
    } else if (/^STARTTLS$/i.test(name)) {
      this.say(`${tag} OK begin`);
      this.upgrade();
    } else if (/^LOGOUT$/i.test(name)) {
      this.say("* BYE", `${tag} OK bye`);
      this.loseConnection();
    } else this.say(`${tag} OK done`);
  }
}
