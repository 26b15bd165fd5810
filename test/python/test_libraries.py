"""Which files belong to libraries, on Windows and elsewhere."""

import ntpath
import posixpath
import sys
import types

import pytest

from jupyterlab_vram.roots import modules
from jupyterlab_vram.roots.libraries import Libraries

PYTHON_ORG = r"C:\Users\ada\AppData\Local\Programs\Python\Python311"
CONDA = r"D:\miniconda3\envs\torch"
STORE = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11_3.11.2544.0_x64__qbz5n2"

WINDOWS = [
    # The standard library, its extension modules, and a zip of it.
    (PYTHON_ORG, rf"{PYTHON_ORG}\Lib\json\__init__.py", True),
    (PYTHON_ORG, rf"{PYTHON_ORG}\DLLs\_ssl.pyd", True),
    (PYTHON_ORG, rf"{PYTHON_ORG}\python311.zip\json\__init__.pyc", True),
    (r"E:\embed", r"E:\embed\_ssl.pyd", True),
    # Installed packages: in the environment, of the user, of conda, of the store's Python.
    (PYTHON_ORG, rf"{PYTHON_ORG}\Lib\site-packages\torch\__init__.py", True),
    (PYTHON_ORG, r"C:\Users\ada\AppData\Roaming\Python\Python311\site-packages\x.py", True),
    (CONDA, rf"{CONDA}\lib\site-packages\numpy\__init__.py", True),
    (STORE, rf"{STORE}\Lib\random.py", True),
    # As different programs write one path.
    (PYTHON_ORG, rf"{PYTHON_ORG}\lib\SITE-PACKAGES\torch\nn\__init__.py", True),
    (PYTHON_ORG, PYTHON_ORG.replace("\\", "/") + "/Lib/json/__init__.py", True),
    (PYTHON_ORG, rf"{PYTHON_ORG}/Lib\site-packages/torch\__init__.py".upper(), True),
    (PYTHON_ORG, rf"\\?\{PYTHON_ORG}\Lib\json\__init__.py", True),
    (PYTHON_ORG, rf"{PYTHON_ORG}\Lib\..\Lib\json\__init__.py", True),
    (r"\\files\apps\Python311", r"\\FILES\apps\Python311\Lib\json\__init__.py", True),
    (r"\\files\apps\Python311", r"\\?\UNC\files\apps\Python311\Lib\abc.py", True),
    # A person's own: in a work folder, an editable install, on a share, in a zip.
    (PYTHON_ORG, r"C:\Users\ada\work\helpers.py", False),
    (PYTHON_ORG, r"C:\Users\ada\src\trainer\src\trainer\__init__.py", False),
    (PYTHON_ORG, r"\\files\home\ada\helpers.py", False),
    (PYTHON_ORG, r"C:\Users\ada\helpers.zip\helpers.py", False),
    # A name that only begins alike.
    (PYTHON_ORG, rf"{PYTHON_ORG}\Library of mine\helpers.py", False),
    (PYTHON_ORG, rf"{PYTHON_ORG}-projects\helpers.py", False),
    (PYTHON_ORG, r"C:\my-site-packages\helpers.py", False),
    (PYTHON_ORG, r"D:" + PYTHON_ORG[2:] + r"\Lib\helpers.py", False),
    (PYTHON_ORG, rf"{PYTHON_ORG}\helpers.py", False),
]
POSIX = [
    ("/usr", "/usr/lib/python3.11/json/__init__.py", True),
    ("/usr", "/usr/lib/python3.11/lib-dynload/_ssl.so", True),
    ("/usr", "/usr/lib/python3/dist-packages/yaml/__init__.py", True),
    ("/usr", "/usr/lib/python311.zip/json/__init__.pyc", True),
    ("/usr", "/home/ada/.local/lib/python3.11/site-packages/x.py", True),
    ("/opt/conda/envs/torch", "/opt/conda/envs/torch/lib/python3.11/site-packages/x.py", True),
    ("/usr", "/home/ada/work/helpers.py", False),
    ("/usr", "/home/ada/src/trainer/src/trainer/__init__.py", False),
    ("/usr", "/usr/lib/python3.11-mine/helpers.py", False),
    ("/usr", "/home/ada/Site-Packages/helpers.py", False),
    ("/usr", "/home/ada/site-packages.py", False),
    # Not a separator here.
    ("/usr", "/home/ada/a\\site-packages\\helpers.py", False),
]


def libraries(prefix, flavour):
    """As of a Python that is installed at ``prefix``."""
    if flavour is ntpath:
        folders = [rf"{prefix}\Lib", rf"{prefix}\Lib\site-packages"]
        zipped = rf"{prefix}\python311.zip"
    else:
        folders = [f"{prefix}/lib/python3.11", "/usr/lib/python3/dist-packages"]
        zipped = f"{prefix}/lib/python311.zip"
    return Libraries(folders, ["", zipped], prefix, flavour)


@pytest.mark.parametrize(("prefix", "file", "is_library"), WINDOWS)
def test_on_windows(prefix, file, is_library):
    assert libraries(prefix, ntpath).hold(file) is is_library


@pytest.mark.parametrize(("prefix", "file", "is_library"), POSIX)
def test_elsewhere(prefix, file, is_library):
    assert libraries(prefix, posixpath).hold(file) is is_library


def test_a_module_of_windows_is_judged_by_its_file(monkeypatch):
    windows = libraries(PYTHON_ORG, ntpath)
    monkeypatch.setattr(modules, "_libraries", lambda _path: windows)
    torch, helpers = types.ModuleType("torch"), types.ModuleType("helpers")
    torch.__file__ = rf"{PYTHON_ORG}\Lib\site-packages\torch\__init__.py"
    helpers.__file__ = r"C:\Users\ada\work\helpers.py"
    assert modules.is_own(torch) is False
    assert modules.is_own(helpers) is True


def test_a_folder_that_pip_fills_later_is_noticed(monkeypatch, tmp_path):
    module = types.ModuleType("helpers")
    module.__file__ = str(tmp_path / "target" / "helpers.py")
    assert modules.is_own(module) is True
    (tmp_path / "target" / "x-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "target"))
    assert modules.is_own(module) is False


def test_an_old_virtualenv_has_no_list_of_sites(monkeypatch):
    import site

    monkeypatch.delattr(site, "getsitepackages")
    monkeypatch.setattr(sys, "path", [*sys.path, "another"])
    assert modules.is_own(pytest) is False
