import * as l10n from "@vscode/l10n";
import { Component, type ComponentChildren } from "preact";

interface Properties {
  /** Which attempt to show something this is: what failed before may succeed now. */
  readonly attempt: number;
  readonly children: ComponentChildren;
}

/** What is not as this panel knows it is said to be so, instead of a panel that is left half drawn. */
export class Boundary extends Component<Properties, { readonly failedAt?: number }> {
  override componentDidCatch(): void {
    this.setState({ failedAt: this.props.attempt });
  }

  override render({ attempt, children }: Properties): ComponentChildren {
    return this.state.failedAt === attempt ? (
      <p role="alert">{l10n.t("This panel cannot show what it was sent. Close it and inspect again.")}</p>
    ) : (
      children
    );
  }
}
