/**
 * A moment by the reader's clock and calendar, as short as it stays clear beside another moment: "12:03:10", or with
 * its day where that is another one. Both ISO 8601; what is no date stays as it is.
 */
export function momentWords(iso: string, beside: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  const day = dayOf(date);
  return day === dayOf(new Date(beside)) ? time : `${day} ${time}`;
}

function dayOf(date: Date): string {
  return [String(date.getFullYear()), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
