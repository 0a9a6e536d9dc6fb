from support.one_lab import lab, lab_process, witness

__all__ = ["lab", "lab_process", "witness"]
