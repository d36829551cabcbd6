import type { AggregatePart, QueryValue } from "@larimar/domain";
import { compareTexts } from "@larimar/domain";

const MINUS = 0x2d;
const [ZERO, NINE] = [0x30, 0x39];

/** What aggregates need to know of values that come as JSON, one after the other. */
export class ValueTotals {
  #sum = 0;
  #numbers = 0;
  #smallest = Infinity;
  #largest = -Infinity;
  #hasNull = false;
  #hasFalse = false;
  #hasTrue = false;
  #firstText: string | undefined;
  #lastText: string | undefined;

  /** The part of `text` between these two places; an empty one is no value. */
  add(text: string, start: number, end: number): void {
    if (start === end) return;
    const first = text.charCodeAt(start);
    if ((first >= ZERO && first <= NINE) || first === MINUS) {
      this.#addNumber(Number(text.slice(start, end)));
    } else this.#addOther(JSON.parse(text.slice(start, end)) as QueryValue);
  }

  /** Null is less than booleans, these less than numbers, these less than texts. */
  toPart(): AggregatePart {
    const rising: QueryValue[] = [];
    if (this.#hasNull) rising.push(null);
    if (this.#hasFalse) rising.push(false);
    if (this.#hasTrue) rising.push(true);
    if (this.#numbers > 0) rising.push(this.#smallest, this.#largest);
    if (this.#firstText !== undefined) rising.push(this.#firstText, this.#lastText);
    return { sum: this.#sum, numbers: this.#numbers, min: rising[0], max: rising.at(-1) };
  }

  #addNumber(number: number): void {
    this.#sum += number;
    this.#numbers += 1;
    if (number < this.#smallest) this.#smallest = number;
    if (number > this.#largest) this.#largest = number;
  }

  /** Objects and arrays are no value to any aggregate. */
  #addOther(value: QueryValue): void {
    if (value === null) this.#hasNull = true;
    else if (value === false) this.#hasFalse = true;
    else if (value === true) this.#hasTrue = true;
    else if (typeof value === "string") {
      if (this.#firstText === undefined || compareTexts(value, this.#firstText) < 0) {
        this.#firstText = value;
      }
      if (this.#lastText === undefined || compareTexts(value, this.#lastText) > 0) {
        this.#lastText = value;
      }
    }
  }
}
