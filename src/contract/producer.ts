import type { Bytes } from "./bytes.ts";

/**
 * A source that writes only when asked.
 *
 * @see twisted.internet.interfaces.IPullProducer
 */
export interface PullProducer {
  /**
   * Write once, now. Called synchronously inside `registerProducer`, then each time all that was
   * written has been sent. A producer that writes nothing here is not asked again until bytes that
   * it writes later have been sent.
   */
  resumeProducing(): void;
  /**
   * The consumer is gone for good. Called at most once, before `connectionLost`.
   *
   * @clause producer.stoppedOnce
   */
  stopProducing(): void;
}

/**
 * A source that writes whenever it likes, and can be held.
 *
 * It counts as running when registered; `resumeProducing` comes only to balance a `pauseProducing`,
 * and the two alternate.
 *
 * @clause producer.pausedAtHigh producer.resumedAtLow producer.alternates
 * @clause producer.resumedOutsideWrite backPressure.slowReader backPressure.readMarks
 * @see twisted.internet.interfaces.IPushProducer
 */
export interface PushProducer extends PullProducer {
  /**
   * Stop writing until `resumeProducing`. May be called inside one of the producer's own writes.
   */
  pauseProducing(): void;
}

/**
 * Takes bytes, from at most one registered producer at a time.
 *
 * @see twisted.internet.interfaces.IConsumer
 */
export interface Consumer {
  write(data: Bytes): void;

  /**
   * Lets `producer` feed this consumer, and be paused by it.
   *
   * A pull producer (`streaming` false) is resumed once before this returns. When the connection is
   * already lost, `stopProducing` is called before this returns and nothing is registered. After
   * `loseConnection` it registers, and thereby holds the close.
   *
   * @throws {ProducerRegisteredError} ERR_WIRE_PRODUCER_REGISTERED when another one is registered,
   *   checked before everything but the arguments.
   * @throws {TypeError} when `producer` lacks a method.
   * @clause producer.onlyOne producer.checked producer.registerAfterEnd
   * @clause producer.registerWhileClosing producer.freshStart producer.pullOncePerDrain
   * @clause producer.pullEmptyAnswer producer.throws
   */
  registerProducer(producer: PushProducer, streaming: true): void;
  registerProducer(producer: PullProducer, streaming: false): void;

  /**
   * Forgets the producer. A close that it held goes on. Without a producer: nothing happens.
   *
   * @clause producer.unregisterReleasesClose producer.forgotten
   */
  unregisterProducer(): void;
}
