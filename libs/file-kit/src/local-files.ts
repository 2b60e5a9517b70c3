import type { FileHandle } from 'node:fs/promises';
import type { DataSourceConfig } from '@sluice/connector-sdk';
import { classify } from './errors.ts';
import { filesOf } from './file-set.ts';
import type { FileSource, OpenSource, SourceFile } from './file-source.ts';
import { pinFile, type PinnedFile } from './pinned-file.ts';
import { FileRoot } from './roots.ts';

/** The files below the root of a data source. */
export function localFiles(config: DataSourceConfig): OpenSource {
  return async () => new LocalFiles(await FileRoot.open(config, 'source'));
}

class LocalFiles implements FileSource {
  readonly #root: FileRoot;

  constructor(root: FileRoot) {
    this.#root = root;
  }

  files(path: string): Promise<readonly string[]> {
    return filesOf(this.#root, path);
  }

  async open(path: string): Promise<SourceFile> {
    return new LocalFile(await this.#root.openFile(path), path);
  }
}

class LocalFile implements SourceFile {
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number }> {
    try {
      return await this.#handle.read(into, at, length, position);
    } catch (error) {
      throw classify(error, 'source', this.#path);
    }
  }

  pin(): Promise<PinnedFile> {
    return pinFile(this.#handle, this.#path);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
