from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0005_threads")]

    operations = [
        migrations.AlterModelOptions(
            name="webhookevent",
            options={
                "base_manager_name": "objects",
                "ordering": ["-id"],
                "permissions": [("repeat_webhookevent", "Pode mandar tratar um evento de novo")],
                "verbose_name": "evento recebido",
                "verbose_name_plural": "eventos recebidos",
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["company", "direction", "-id"], name="idx_messages_latest"),
        ),
    ]
