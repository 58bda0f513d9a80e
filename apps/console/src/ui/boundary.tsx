import { Component, type ReactNode } from 'react'

interface Props {
  readonly children: ReactNode
  /** What stands in the place of a part that failed; called with the way to try it again. */
  readonly fallback: (reset: () => void) => ReactNode
}

/** Keeps a fault of one part of the screen inside that part: the rest, and the sound, go on. */
export class Boundary extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback(() => this.setState({ failed: false })) : this.props.children
  }
}
