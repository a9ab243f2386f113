import { Component, type ComponentChildren, type JSX } from "preact";
import { Button } from "../ui/bits.tsx";

interface Props {
  readonly children: ComponentChildren;
}

interface State {
  readonly error: unknown;
}

/** Holds what fails while it is drawn: the rest of the page goes on. */
export class Boundary extends Component<Props, State> {
  override state: State = { error: null };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error });
  }

  override render(): ComponentChildren {
    const { error } = this.state;
    return error === null ? this.props.children : <Failed error={error} />;
  }
}

function Failed({ error }: { error: unknown }): JSX.Element {
  return (
    <div class="page" role="alert">
      <h1>This screen failed</h1>
      <p class="ask">
        What you see is a mistake of kas, not of yours. Nothing on the server changed.
      </p>
      <pre class="code"><code>{error instanceof Error ? error.stack : String(error)}</code></pre>
      <p class="row block">
        <Button kind="primary" icon="restart" onClick={() => location.reload()}>
          Reload
        </Button>
      </p>
    </div>
  );
}
