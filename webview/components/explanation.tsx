import type { JSX } from "preact";

/** For somebody who meets all this for the first time. */
export function Explanation(): JSX.Element {
  return (
    <details class="explanation">
      <summary>What is this?</summary>
      <p>
        A pod's containers are ordinary processes on the node. The kernel puts each process into one{" "}
        <strong>Linux namespace</strong> of each type; two processes in the same one see the same network,
        hostname, files and so on. Each row of the table is a type, each column a container, and the number is
        the kernel's own name for that Linux namespace (the inode behind <code>/proc/PID/ns</code>).
      </p>
      <p>
        <strong>pause</strong> is a tiny process that the runtime starts first, once for each pod. It does
        nothing but wait: its Linux namespaces stay alive as long as it does, the containers join them, and so
        a container can crash and come back without the pod losing its network.
      </p>
      <ul class="legend">
        <li>
          <span class="cell group hue-0" aria-hidden="true">
            A
          </span>
          shared: the same letter is the same Linux namespace
        </li>
        <li>
          <span class="cell read" aria-hidden="true" />
          its own: nobody else in this pod is in it
        </li>
        <li>
          <span class="cell group hue-host" aria-hidden="true">
            ●
          </span>
          the node's own, not isolated from it
        </li>
        <li>
          <span class="cell unread" aria-hidden="true" />
          could not be read
        </li>
        <li>
          <span class="cell marked warning" aria-hidden="true">
            ▲
          </span>
          not as the pod's spec asks
        </li>
        <li>
          <span class="line hue-0" aria-hidden="true" />
          the band goes on behind a cell that is not in it
        </li>
      </ul>
    </details>
  );
}
