import { LabIcon } from '@jupyterlab/ui-components';

import vramSvg from '../../../style/icons/vram.svg';

/** A memory chip, in the color of the theme's icons. */
export const vramIcon = new LabIcon({
  name: 'jupyterlab-vram:vram',
  svgstr: vramSvg
});
