const path = require('node:path');

const { minify } = require('terser');

const script = name => path.join(__dirname, 'scripts', name);

/** CSS in a file of its own, for which JupyterLab waits as it does for a script that makes it. */
class StyleSheets {
  apply(compiler) {
    // Rules add up, so one of ours can't take the place of the builder's.
    const rule = compiler.options.module.rules.find(({ use }) =>
      use?.includes('style-loader')
    );
    const { CssExtractRspackPlugin } = compiler.rspack;
    rule.use = [CssExtractRspackPlugin.loader, 'css-loader'];
    new CssExtractRspackPlugin({
      filename: '[name].[contenthash].css?v=[contenthash]'
    }).apply(compiler);
  }
}

/** Short names for private members, before the builder's minimizer, which has none for them. */
class PrivateNames {
  apply(compiler) {
    const name = 'PrivateNames';
    const stage =
      compiler.rspack.Compilation.PROCESS_ASSETS_STAGE_OPTIMIZE_COMPATIBILITY;
    if (compiler.options.mode === 'production') {
      compiler.hooks.compilation.tap(name, compilation => {
        compilation.hooks.processAssets.tapPromise({ name, stage }, assets =>
          this.shorten(assets, compilation, compiler.rspack.sources)
        );
      });
    }
  }

  async shorten(assets, compilation, { RawSource }) {
    const options = {
      compress: false,
      // By the house style no other names begin like this; `__` and `_n` are JupyterLab's.
      mangle: { properties: { regex: /^_[a-z]{2}/ } },
      // A member has the same name in all files.
      nameCache: {}
    };
    const scripts = Object.keys(assets).filter(file => /\.js\b/.test(file));
    for (const file of scripts.sort()) {
      const { code } = await minify(assets[file].source(), options);
      compilation.updateAsset(file, new RawSource(code));
    }
  }
}

module.exports = {
  module: {
    rules: [
      {
        // Fetched when first needed.
        resourceQuery: /^\?agent$/,
        type: 'asset/resource',
        loader: script('agent-loader.mjs'),
        generator: {
          filename: 'agent/agent.[contenthash:8].json?v=[contenthash:8]'
        }
      }
    ]
  },
  plugins: [new StyleSheets(), new PrivateNames()]
};
